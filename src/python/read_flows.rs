//! Flows of sources, without columns of their packets.

use pyo3::prelude::*;

use super::flows::FlowMeter;
use super::frame::{FaultItem, GapItem, fault_item, gap_item};
use super::read::{Settings, read_one};
use crate::flow::packet::COLUMNS as PACKET_COLUMNS;

/// A source's path, where it has broken off, and what was passed over.
type Damage = (Option<String>, Option<FaultItem<String>>, Vec<GapItem<String>>);

#[pymethods]
impl FlowMeter {
    /// Takes the packets of sources, one after the other; returns what is wrong with each.
    #[pyo3(signature = (sources, settings, *, progress=None))]
    fn read(
        &self,
        py: Python<'_>,
        sources: Vec<Bound<'_, PyAny>>,
        settings: &Settings,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Vec<Damage>> {
        let options = settings.options(py, PACKET_COLUMNS.iter().map(|name| (*name).to_owned()).collect())?;
        self.reading(py, |flows| {
            let mut damage = Vec::new();
            for source in &sources {
                let progress = progress.as_ref().map(|callback| callback.clone_ref(py));
                let ((), about, place) = read_one(source, &options, settings.max_expansion, &mut *flows, progress, false)?;
                let path = place.path().map(|path| path.display().to_string());
                damage.push((path, about.fault.as_ref().map(fault_item), about.gaps.iter().map(gap_item).collect()));
            }
            Ok(damage)
        })
    }
}
