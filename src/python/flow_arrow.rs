//! Flows as an Arrow C stream, over the same memory.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, DurationNanosecondArray, FixedSizeListArray, Float64Array, Int8Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampNanosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::arrow::{arrow_error, dictionary, schema_capsule, stream_capsule};
use super::errors::detached;
use super::flows::FlowTable;
use crate::flow::Table;
use crate::flow::columns::{COLUMNS, Column, Getter, Group, OfStep, Presence};

#[pymethods]
impl FlowTable {
    /// The table as an Arrow C stream of one batch; may be called any number of times.
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

impl FlowTable {
    fn batch(&self, py: Python<'_>) -> PyResult<RecordBatch> {
        let arrays = self
            .data
            .columns()
            .filter(|(_, column)| column.group != Group::Zeek)
            .map(|(place, _)| self.array(py, place))
            .collect::<PyResult<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.data.rows()));
        RecordBatch::try_new_with_options(schema(&self.data), arrays, &options).map_err(arrow_error)
    }

    fn array(&self, py: Python<'_>, place: usize) -> PyResult<ArrayRef> {
        let table = &self.data;
        let present = detached(py, || {
            table.make(place);
            Ok(table.present(place))
        })?;
        let nulls = present.map(|present| NullBuffer::new(BooleanBuffer::from(present)));
        let gone = || PyRuntimeError::new_err(COLUMNS[place].name);
        Ok(match COLUMNS[place].getter {
            Getter::U8(_) => Arc::new(UInt8Array::new(table.values(place).ok_or_else(gone)?, nulls)),
            Getter::U16(_) => Arc::new(UInt16Array::new(table.values(place).ok_or_else(gone)?, nulls)),
            Getter::U32(_) => Arc::new(UInt32Array::new(table.values(place).ok_or_else(gone)?, nulls)),
            Getter::U64(_) => Arc::new(UInt64Array::new(table.values(place).ok_or_else(gone)?, nulls)),
            Getter::F64(_) => Arc::new(Float64Array::new(table.values(place).ok_or_else(gone)?, nulls)),
            Getter::Time(_) => Arc::new(TimestampNanosecondArray::new(table.values(place).ok_or_else(gone)?, nulls)),
            Getter::Duration(_) => Arc::new(DurationNanosecondArray::new(table.values(place).ok_or_else(gone)?, nulls)),
            Getter::Ip(_) | Getter::State(_) | Getter::Letters(_) => dictionary(self.coded(py, place)?, nulls)?,
            Getter::CommunityId => Arc::new(StringArray::from_iter_values(self.community_ids(py, 0)?)),
            Getter::Steps(of) => self.steps_array(of)?,
        })
    }
}

impl FlowTable {
    fn steps_array(&self, of: OfStep) -> PyResult<ArrayRef> {
        let (steps, sequence) = self.data.steps();
        let values: ArrayRef = match of {
            OfStep::Size => Arc::new(UInt32Array::from_iter_values(steps.iter().map(|step| step.size))),
            OfStep::Gap => Arc::new(DurationNanosecondArray::from_iter_values(steps.iter().map(|step| step.gap))),
            OfStep::Direction => Arc::new(Int8Array::from_iter_values(steps.iter().map(|step| step.direction))),
        };
        let list = FixedSizeListArray::try_new(item(of), sequence as i32, values, None);
        Ok(Arc::new(list.map_err(arrow_error)?))
    }
}

/// One of the first packets.
fn item(of: OfStep) -> FieldRef {
    let data_type = match of {
        OfStep::Size => DataType::UInt32,
        OfStep::Gap => DataType::Duration(TimeUnit::Nanosecond),
        OfStep::Direction => DataType::Int8,
    };
    Arc::new(Field::new("item", data_type, false))
}

fn schema(table: &Table) -> SchemaRef {
    let (_, sequence) = table.steps();
    let field =
        |column: &Column| Field::new(column.name, data_type(&column.getter, sequence), column.presence != Presence::Always);
    let columns = table.columns().map(|(_, column)| column).filter(|column| column.group != Group::Zeek);
    Arc::new(Schema::new(columns.map(field).collect::<Vec<_>>()))
}

fn data_type(getter: &Getter, sequence: usize) -> DataType {
    match getter {
        Getter::U8(_) => DataType::UInt8,
        Getter::U16(_) => DataType::UInt16,
        Getter::U32(_) => DataType::UInt32,
        Getter::U64(_) => DataType::UInt64,
        Getter::F64(_) => DataType::Float64,
        Getter::Time(_) => DataType::Timestamp(TimeUnit::Nanosecond, None),
        Getter::Duration(_) => DataType::Duration(TimeUnit::Nanosecond),
        Getter::Ip(_) | Getter::State(_) | Getter::Letters(_) => {
            DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8))
        }
        Getter::CommunityId => DataType::Utf8,
        Getter::Steps(of) => DataType::FixedSizeList(item(*of), sequence as i32),
    }
}
