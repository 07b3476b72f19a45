//! `_core.FlowMeter` and `_core.FlowTable`: packets in, columns of flows out. The user's class, `pcapframe.Flows`, wraps
//! the table.

use std::net::IpAddr;
use std::sync::{Mutex, OnceLock, PoisonError};

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::{PyAttributeError, PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::address::{CodedColumn, network, texts};
use super::again;
use super::errors::{detached, to_python};
use super::frame::{Frame, checked_rows};
use super::lend::lend;
use crate::error::Error;
use crate::flow::columns::{COLUMNS, Getter, Group, OfStep, find};
use crate::flow::community_id::community_ids;
use crate::flow::packet::{self, COLUMNS as PACKET_COLUMNS};
use crate::flow::state::EndReason;
use crate::flow::statistics::Step;
use crate::flow::tcp::CONN_STATES;
use crate::flow::{Meter, Rules, Table};
use crate::parallel;
use crate::read::Flows;

/// Packets become flows, frame after frame.
#[pyclass(frozen, module = "pcapframe._core")]
pub struct FlowMeter {
    flows: Mutex<Option<Flows>>,
    threads: usize,
}

#[pymethods]
impl FlowMeter {
    /// `schema` chooses what makes a flow; times are nanoseconds, those of the schema where there is none.
    #[new]
    #[allow(clippy::too_many_arguments, reason = "keywords in Python")]
    #[pyo3(signature = (
        *, idle_timeout, active_timeout, schema, statistics=false, sequence=0, owners=false, streaming=false, threads=None
    ))]
    fn new(
        idle_timeout: Option<i64>,
        active_timeout: Option<i64>,
        schema: &str,
        statistics: bool,
        sequence: usize,
        owners: bool,
        streaming: bool,
        threads: Option<usize>,
    ) -> PyResult<Self> {
        let rules = Rules { statistics, sequence, ..Rules::default() };
        let rules = match schema {
            "zeek" => rules.zeek().with_timeouts(idle_timeout, active_timeout),
            "nfstream" => rules.with_timeouts(idle_timeout, active_timeout).nfstream(),
            _ => rules.with_timeouts(idle_timeout, active_timeout),
        };
        let meter = match (owners, streaming) {
            (true, _) => Meter::noting_owners(rules),
            (_, true) => Meter::streaming(rules),
            _ => Meter::new(rules),
        };
        let threads = threads.unwrap_or_else(parallel::default_threads).max(1);
        Ok(Self { flows: Mutex::new(Some(Flows::new(meter))), threads })
    }

    /// Takes the packets of a frame, which follow those before.
    fn add(&self, py: Python<'_>, frame: &Frame) -> PyResult<()> {
        let missing = packet::missing(&frame.data);
        let restored = if missing.is_empty() { None } else { again::with_columns(py, frame, PACKET_COLUMNS)? };
        // Without the columns, the meter says which.
        let data = restored.as_ref().unwrap_or(&frame.data);
        self.with(py, data.rows(), |flows| flows.meter().add(data))
    }

    /// The flows that are over by now, in the order in which they ended. Only a meter that streams has any before it is finished.
    fn take(&self, py: Python<'_>) -> PyResult<FlowTable> {
        self.with(py, usize::MAX, |flows| Ok(FlowTable::new(flows.meter().take_finished())))
    }

    /// All flows in the order of their first packets, and the number of each packet's flow, if asked for; of a meter that streams
    /// the flows that are left.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<(FlowTable, Bound<'py, PyArray1<i64>>)> {
        let flows = self.take_out(py)?;
        let finish = || parallel::pool(self.threads)?.install(|| Ok(flows.into_meter().finish_with_owners()));
        let (table, owners) = detached(py, finish)?;
        Ok((FlowTable::new(table), owners.into_pyarray(py)))
    }
}

impl FlowMeter {
    /// Runs `work` without the GIL, on threads if there are enough rows.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        rows: usize,
        work: impl FnOnce(&mut Flows) -> Result<R, Error> + Send,
    ) -> PyResult<R> {
        self.reading(py, |flows| {
            let threads = if rows < PARALLEL_FROM { 1 } else { self.threads };
            detached(py, || parallel::pool(threads)?.install(|| work(flows)))
        })
    }

    /// The flows, which nobody else has in the meantime: whoever asks for them then does not wait, for he may have the GIL.
    fn take_out(&self, py: Python<'_>) -> PyResult<Flows> {
        let taken = py.detach(|| self.flows.lock().unwrap_or_else(PoisonError::into_inner).take());
        taken.ok_or_else(|| PyValueError::new_err("the meter is finished, has failed, or is at work"))
    }

    /// Runs `work` on the flows. If it fails, they are gone: they may lack packets.
    pub(super) fn reading<R>(&self, py: Python<'_>, work: impl FnOnce(&mut Flows) -> PyResult<R>) -> PyResult<R> {
        let mut flows = self.take_out(py)?;
        let result = work(&mut flows)?;
        py.detach(|| *self.flows.lock().unwrap_or_else(PoisonError::into_inner) = Some(flows));
        Ok(result)
    }
}

/// Below so many packets a second thread is not worth its start.
const PARALLEL_FROM: usize = 1 << 15;

/// Immutable columns of flows.
#[pyclass(frozen, module = "pcapframe._core")]
pub struct FlowTable {
    pub(super) data: Table,
    codes: Vec<OnceLock<CodedColumn>>,
}

impl FlowTable {
    pub fn new(data: Table) -> Self {
        Self { data, codes: COLUMNS.iter().map(|_| OnceLock::new()).collect() }
    }

    fn place(&self, py: Python<'_>, name: &str) -> PyResult<usize> {
        let unknown = || {
            let known = COLUMNS.iter().filter(|column| column.group != Group::Zeek).map(|column| column.name).collect();
            to_python(py, Error::UnknownColumn { name: name.into(), known }, None)
        };
        let place = find(name).ok_or_else(unknown)?;
        if !self.data.columns().any(|(here, _)| here == place) {
            let how = if COLUMNS[place].group == Group::Sequence { "sequence=N" } else { "statistics=True" };
            let message = format!("column {name:?} was not made; make it with cap.flows({how})");
            return Err(PyAttributeError::new_err(message));
        }
        Ok(place)
    }

    pub(super) fn coded(&self, py: Python<'_>, place: usize) -> PyResult<&CodedColumn> {
        if let Some(coded) = self.codes[place].get() {
            return Ok(coded);
        }
        let coded = match COLUMNS[place].getter {
            Getter::Ip(_) => detached(py, || {
                let work = || self.data.with_addresses(place, |addresses| addresses.code());
                let coded = parallel::install(self.data.rows(), work)?.unwrap_or_default();
                Ok(CodedColumn { codes: coded.codes, values: texts(coded.values.iter().map(IpAddr::to_string)) })
            })?,
            Getter::State(_) => {
                let codes =
                    self.data.values::<u8>(place).map_or_else(Vec::new, |codes| codes.iter().copied().map(u32::from).collect());
                CodedColumn { codes, values: CONN_STATES.iter().map(|(name, _)| (*name).to_owned()).collect() }
            }
            Getter::Letters(_) => {
                let codes = self.data.values::<u32>(place).map_or_else(Vec::new, |codes| codes.to_vec());
                CodedColumn { codes, values: self.data.texts.to_vec() }
            }
            _ => return Err(PyTypeError::new_err(format!("column {:?} holds numbers", COLUMNS[place].name))),
        };
        Ok(self.codes[place].get_or_init(|| coded))
    }
}

#[pymethods]
impl FlowTable {
    fn __len__(&self) -> usize {
        self.data.rows()
    }

    /// Names of the columns that were made.
    #[getter]
    fn columns(&self) -> Vec<&'static str> {
        self.data.columns().map(|(_, column)| column.name).collect()
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.data.nbytes()
    }

    /// A column's numbers as a read-only array over the table's own memory.
    fn values<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let table = &slf.get().data;
        let place = slf.get().place(slf.py(), name)?;
        detached(slf.py(), || {
            table.make(place);
            Ok(())
        })?;
        let owner = slf.clone().into_any();
        let gone = || PyAttributeError::new_err(name.to_owned());
        // SAFETY: a FlowTable is frozen and its buffers are immutable and live as long as it does.
        unsafe {
            Ok(match COLUMNS[place].getter {
                Getter::U8(_) | Getter::State(_) => lend(&table.values::<u8>(place).ok_or_else(gone)?, owner).into_any(),
                Getter::U16(_) => lend(&table.values::<u16>(place).ok_or_else(gone)?, owner).into_any(),
                Getter::U32(_) | Getter::Ip(_) | Getter::Letters(_) => {
                    lend(&table.values::<u32>(place).ok_or_else(gone)?, owner).into_any()
                }
                Getter::U64(_) => lend(&table.values::<u64>(place).ok_or_else(gone)?, owner).into_any(),
                Getter::F64(_) => lend(&table.values::<f64>(place).ok_or_else(gone)?, owner).into_any(),
                Getter::Time(_) => {
                    lend(&table.values::<i64>(place).ok_or_else(gone)?, owner).call_method1("view", ("datetime64[ns]",))?
                }
                Getter::Duration(_) => {
                    lend(&table.values::<i64>(place).ok_or_else(gone)?, owner).call_method1("view", ("timedelta64[ns]",))?
                }
                Getter::Steps(of) => slf.get().steps(slf.py(), of)?,
                Getter::CommunityId => return Err(PyTypeError::new_err(format!("column {name:?} holds texts"))),
            })
        }
    }

    /// For each row whether the flow has the field; None if every flow has it.
    fn present<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyArray1<bool>>>> {
        let place = self.place(py, name)?;
        let present = detached(py, || Ok(self.data.present(place)))?;
        Ok(present.map(|present| present.into_pyarray(py)))
    }

    /// Codes of a column of addresses or texts, read-only.
    fn codes<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let place = slf.get().place(slf.py(), name)?;
        let coded = slf.get().coded(slf.py(), place)?;
        // SAFETY: a FlowTable is frozen, and codes once made stay as they are.
        Ok(unsafe { lend(&coded.codes, slf.clone().into_any()) })
    }

    /// The texts that the codes stand for; the first is empty, for code 0.
    fn categories(&self, py: Python<'_>, name: &str) -> PyResult<Vec<String>> {
        let place = self.place(py, name)?;
        Ok(self.coded(py, place)?.values.clone())
    }

    /// For each row whether the address in column `name` is in one of `networks`: pairs of an address and a prefix length.
    fn within<'py>(&self, py: Python<'py>, name: &str, networks: Vec<(String, u8)>) -> PyResult<Bound<'py, PyArray1<bool>>> {
        let place = self.place(py, name)?;
        let networks = networks.iter().map(|(text, prefix)| network(text, *prefix)).collect::<PyResult<Vec<_>>>()?;
        let found = detached(py, || {
            let work = || self.data.with_addresses(place, |addresses| addresses.within(&networks));
            Ok(parallel::install(self.data.rows(), work)?.unwrap_or_default())
        })?;
        Ok(found.into_pyarray(py))
    }

    /// The address in one row as text.
    fn address(&self, py: Python<'_>, name: &str, row: usize) -> PyResult<String> {
        let place = self.place(py, name)?;
        if row >= self.data.rows() {
            return Err(PyIndexError::new_err(format!("row {row} is not there: there are {} flows", self.data.rows())));
        }
        let address = self.data.with_addresses(place, |all| all.get(row)).flatten();
        Ok(address.map(|address| address.to_string()).unwrap_or_default())
    }

    /// Rows `start..stop`, sharing memory.
    fn slice(&self, start: usize, stop: usize) -> PyResult<Self> {
        if start > stop || stop > self.data.rows() {
            return Err(PyIndexError::new_err(format!("rows {start}..{stop} of {}", self.data.rows())));
        }
        Ok(Self::new(self.data.slice(start..stop)))
    }

    /// The rows for which `mask` is true.
    fn filter(&self, py: Python<'_>, mask: PyReadonlyArray1<'_, bool>) -> PyResult<Self> {
        let mask = mask.as_array();
        if mask.len() != self.data.rows() {
            let message = format!("the mask has {} values, but there are {} flows", mask.len(), self.data.rows());
            return Err(PyIndexError::new_err(message));
        }
        let rows: Vec<usize> = mask.iter().enumerate().filter(|(_, keep)| **keep).map(|(row, _)| row).collect();
        let table = detached(py, || parallel::install(rows.len(), || self.data.take(&rows)))?;
        Ok(Self::new(table))
    }

    /// The rows with these numbers, in this order.
    fn take(&self, py: Python<'_>, rows: PyReadonlyArray1<'_, i64>) -> PyResult<Self> {
        let rows = checked_rows(&rows, self.data.rows(), "flows")?;
        let table = detached(py, || parallel::install(rows.len(), || self.data.take(&rows)))?;
        Ok(Self::new(table))
    }

    /// All that [`restore_flows`] needs.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let state = PyDict::new(py);
        let columns = self.data.kept().map(|(place, buffer)| (COLUMNS[place].name, PyBytes::new(py, buffer)));
        state.set_item("rows", self.data.rows())?;
        state.set_item("columns", columns.collect::<Vec<_>>())?;
        state.set_item("ipv6", PyBytes::new(py, self.data.ipv6.as_flattened()))?;
        state.set_item("texts", self.data.texts.to_vec())?;
        let (steps, sequence) = self.data.steps();
        let gaps: Vec<i64> = steps.iter().map(|step| step.gap).collect();
        let sizes: Vec<u32> = steps.iter().map(|step| step.size).collect();
        let directions: Vec<i8> = steps.iter().map(|step| step.direction).collect();
        state.set_item("steps", (gaps, sizes, directions, sequence))?;
        Ok(state)
    }

    /// The Community ID of each flow.
    pub(super) fn community_ids(&self, py: Python<'_>, seed: u16) -> PyResult<Vec<String>> {
        detached(py, || parallel::install(self.data.rows(), || community_ids(&self.data, seed)))
    }

    /// Of how many packets of each flow there is room.
    #[getter]
    fn sequence(&self) -> usize {
        self.data.steps().1
    }
}

impl FlowTable {
    /// Something of the first packets of each flow: a row a flow.
    fn steps<'py>(&self, py: Python<'py>, of: OfStep) -> PyResult<Bound<'py, PyAny>> {
        let (steps, sequence) = self.data.steps();
        let flat = match of {
            OfStep::Size => steps.iter().map(|step| step.size).collect::<Vec<_>>().into_pyarray(py).into_any(),
            OfStep::Direction => steps.iter().map(|step| step.direction).collect::<Vec<_>>().into_pyarray(py).into_any(),
            OfStep::Gap => {
                let gaps: Vec<i64> = steps.iter().map(|step| step.gap).collect();
                gaps.into_pyarray(py).call_method1("view", ("timedelta64[ns]",))?
            }
        };
        flat.call_method1("reshape", ((self.data.rows(), sequence),))
    }
}

/// Columns that flows are made of.
#[pyfunction]
pub fn flow_packet_columns() -> Vec<&'static str> {
    PACKET_COLUMNS.to_vec()
}

/// Every column of flows: name, kind, documentation and group.
#[pyfunction]
pub fn flow_column_table(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let row = |column: &'static crate::flow::columns::Column| {
        let row = PyDict::new(py);
        row.set_item("name", column.name)?;
        row.set_item("kind", kind(&column.getter))?;
        row.set_item("doc", column.doc.trim())?;
        row.set_item("group", group(column.group))?;
        Ok(row)
    };
    COLUMNS.iter().map(row).collect()
}

/// Name, number and meaning of every reason why a flow ends.
#[pyfunction]
pub fn end_reasons() -> Vec<(&'static str, u8, &'static str)> {
    EndReason::ALL.to_vec()
}

/// Name and meaning of every `conn_state`.
#[pyfunction]
pub fn conn_states() -> Vec<(&'static str, &'static str)> {
    CONN_STATES[1..].to_vec()
}

fn kind(getter: &Getter) -> &'static str {
    match getter {
        Getter::U8(_) => "uint8",
        Getter::U16(_) => "uint16",
        Getter::U32(_) => "uint32",
        Getter::U64(_) => "uint64",
        Getter::F64(_) => "float64",
        Getter::Time(_) => "datetime64[ns]",
        Getter::Duration(_) => "timedelta64[ns]",
        Getter::Ip(_) => "address",
        Getter::State(_) | Getter::Letters(_) => "text",
        Getter::CommunityId => "string",
        Getter::Steps(OfStep::Size) => "uint32[n]",
        Getter::Steps(OfStep::Gap) => "timedelta64[ns][n]",
        Getter::Steps(OfStep::Direction) => "int8[n]",
    }
}

fn group(group: Group) -> &'static str {
    match group {
        Group::Core => "core",
        Group::Zeek => "zeek",
        Group::Statistics => "statistics",
        Group::Sequence => "sequence",
    }
}

/// The table whose [`FlowTable::state`] this is.
#[pyfunction]
pub fn restore_flows(state: &Bound<'_, PyDict>) -> PyResult<FlowTable> {
    use super::pickle::{aligned, chunks, item};
    use crate::flow::table::width;
    let rows: usize = item(state, "rows")?;
    let columns: Vec<(String, pyo3::pybacked::PyBackedBytes)> = item(state, "columns")?;
    let columns = columns.iter().map(|(name, bytes)| {
        let place = find(name).ok_or_else(|| PyValueError::new_err(format!("the pickle has an unknown column {name:?}")))?;
        if bytes.len() != rows.saturating_mul(width(&COLUMNS[place].getter)) {
            return Err(PyValueError::new_err(format!("column {name:?} of the pickle has the wrong length")));
        }
        Ok((place, aligned(bytes)))
    });
    let columns = columns.collect::<PyResult<Vec<_>>>()?;
    let ipv6 = chunks(&item::<pyo3::pybacked::PyBackedBytes>(state, "ipv6")?);
    let texts: Vec<String> = item(state, "texts")?;
    let (gaps, sizes, directions, sequence): (Vec<i64>, Vec<u32>, Vec<i8>, usize) = item(state, "steps")?;
    let steps = gaps.into_iter().zip(sizes).zip(directions);
    let steps = steps.map(|((gap, size), direction)| Step { gap, size, direction }).collect();
    let table = Table::from_parts(rows, columns, ipv6, texts, steps, sequence);
    if !table.is_sound() {
        return Err(PyValueError::new_err("the pickle's addresses or texts are not all there"));
    }
    Ok(FlowTable::new(table))
}
