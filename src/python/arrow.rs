//! The columns as an Arrow C stream, over the same memory.

use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::UInt32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, PrimitiveArray, RecordBatch, RecordBatchIterator, RecordBatchOptions, StringArray,
    TimestampNanosecondArray, UInt8Array, UInt16Array, UInt32Array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::address::CodedColumn;
use super::errors::detached;
use super::frame::Frame;
use crate::columns::table::{Getter, Presence};
use crate::columns::{self, Column};
use crate::wire::{Checksum, layer};

#[pymethods]
impl Frame {
    /// The frame as an Arrow C stream of one batch; may be called any number of times.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The protocol lets a producer pass over a request for other types; consumers cast.
        drop(requested_schema);
        stream_capsule(py, self.batch(py)?)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &schema(&self.data))
    }
}

impl Frame {
    /// All visible columns, made on first use: consumers such as DuckDB ask several times for one query.
    fn batch(&self, py: Python<'_>) -> PyResult<RecordBatch> {
        if let Some(batch) = self.batch.get() {
            return Ok(batch.clone());
        }
        let arrays = self.data.visible().map(|(place, column)| self.array(py, place, column));
        let arrays = arrays.collect::<PyResult<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.data.rows()));
        let batch = RecordBatch::try_new_with_options(schema(&self.data), arrays, &options).map_err(arrow_error)?;
        Ok(self.batch.get_or_init(|| batch).clone())
    }

    fn array(&self, py: Python<'_>, place: usize, column: &Column) -> PyResult<ArrayRef> {
        let frame = &self.data;
        let nulls = match column.presence {
            Presence::Always => None,
            _ => Some(detached(py, || Ok(NullBuffer::new(BooleanBuffer::from(present(frame, column)))))?),
        };
        let gone = || PyRuntimeError::new_err(column.name);
        Ok(match column.getter {
            Getter::U8(_) => Arc::new(UInt8Array::new(frame.values(place).ok_or_else(gone)?, nulls)),
            Getter::U16(_) => Arc::new(UInt16Array::new(frame.values(place).ok_or_else(gone)?, nulls)),
            Getter::U32(_) => Arc::new(UInt32Array::new(frame.values(place).ok_or_else(gone)?, nulls)),
            Getter::Checksum(_) => {
                let known = frame.values::<u8>(place).ok_or_else(gone)?;
                let good = known.iter().map(|&known| known == Checksum::Good as u8).collect();
                Arc::new(BooleanArray::new(good, nulls))
            }
            Getter::Time(_) => Arc::new(TimestampNanosecondArray::new(frame.values(place).ok_or_else(gone)?, nulls)),
            Getter::Ip(_) | Getter::Mac(_) => dictionary(self.coded(py, column.name)?, nulls)?,
        })
    }
}

/// One batch as a stream, in the capsule of the Arrow PyCapsule interface.
pub fn stream_capsule(py: Python<'_>, batch: RecordBatch) -> PyResult<Bound<'_, PyCapsule>> {
    let schema = batch.schema();
    let reader = RecordBatchIterator::new(std::iter::once(Ok::<_, ArrowError>(batch)), schema);
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
}

pub fn schema_capsule<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(arrow_error)?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

/// Codes and the texts that they stand for.
pub fn dictionary(coded: &CodedColumn, nulls: Option<NullBuffer>) -> PyResult<ArrayRef> {
    let keys: PrimitiveArray<UInt32Type> = PrimitiveArray::new(coded.codes.clone().into(), nulls);
    let values = Arc::new(StringArray::from_iter_values(&coded.values));
    Ok(Arc::new(DictionaryArray::try_new(keys, values).map_err(arrow_error)?))
}

fn schema(frame: &columns::Frame) -> SchemaRef {
    let fields =
        frame.visible().map(|(_, column)| Field::new(column.name, data_type(column), column.presence != Presence::Always));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn data_type(column: &Column) -> DataType {
    match column.getter {
        Getter::U8(_) => DataType::UInt8,
        Getter::U16(_) => DataType::UInt16,
        Getter::U32(_) => DataType::UInt32,
        Getter::Checksum(_) => DataType::Boolean,
        Getter::Time(_) => DataType::Timestamp(TimeUnit::Nanosecond, None),
        Getter::Ip(_) | Getter::Mac(_) => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8)),
    }
}

/// For each row whether the packet has the column's field.
pub fn present(frame: &columns::Frame, column: &Column) -> Vec<bool> {
    let any_layer = |wanted: u32| frame.companion::<u32>("layers").iter().map(|layers| layers & wanted != 0).collect();
    match column.presence {
        Presence::Always => vec![true; frame.rows()],
        Presence::Layers(wanted) => any_layer(wanted),
        Presence::TcpOption(option) => frame.companion::<u8>("tcp_options").iter().map(|options| options & option != 0).collect(),
        Presence::Address => any_layer(layer::IP | layer::ARP),
        Presence::Verified => {
            let unknown = Checksum::NotVerifiable as u8;
            frame.companion::<u8>(column.name).iter().map(|&known| known != unknown).collect()
        }
        Presence::Tunnel => frame.companion::<u8>("tunnel_depth").iter().map(|depth| *depth != 0).collect(),
        Presence::OuterAddress => frame.companion::<u8>("outer_ip_version").iter().map(|version| *version != 0).collect(),
        Presence::Identification => {
            let (versions, layers) = (frame.companion::<u8>("ip_version"), frame.companion::<u32>("layers"));
            let rows = versions.iter().zip(layers.iter());
            rows.map(|(version, layers)| *version == 4 || (*version == 6 && layers & layer::FRAGMENT != 0)).collect()
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub fn arrow_error(error: ArrowError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}
