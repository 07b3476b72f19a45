//! `dpkt.Packet`: the base of all packets.
//!
//! A packet is a stretch of bytes and what was set since. Parsing checks lengths and finds the payload's place; a field is
//! read when it is asked for, and the payload becomes an object when it is asked for. What was parsed never changes; what is
//! set lies over it in [`Edits`], which most packets never have.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use once_cell::sync::OnceCell;
use pyo3::exceptions::{PyAttributeError, PyKeyError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyString, PyTuple, PyType};

use super::building;
use super::cell::ObjectCell;
use super::dictionary::{attribute, attributes, fill_attributes, get_attribute, get_lazy_attribute, set_attribute};
use super::edits::{Edit, Edits};
use super::errors::UnpackError;
use super::field::Field;
use super::layout::{Layout, declare};
use super::names::Access;
use super::packing::{plain_length, write_plain, write_plain_header};
use super::payload;
use super::rules::{Native, Rules};
use super::source::{Fault, Next, Source, View};

#[pyclass(subclass, weakref, frozen, module = "pcapframe.dpkt.dpkt")]
#[derive(Default)]
pub struct Packet {
    /// The class of the core that this is an object of; None for a class made in Python.
    native: Option<&'static Native>,
    source: OnceCell<Source>,
    /// The payload as it was parsed, from the first time that it was asked for.
    payload: ObjectCell,
    edits: OnceCell<Box<Mutex<Edits>>>,
    /// Attributes that are no fields. A class made in Python has a dict of Python's own instead.
    attributes: OnceCell<Py<PyDict>>,
    /// Whether all attributes that are made when asked for have been made: those that are not there were deleted.
    filled: AtomicBool,
}

// `OnceCell` and not the standard library's cell: it takes a value without a call, and its zero bytes mean that there is none.
// The garbage collector may look at an object between its allocation and its first value.

impl Packet {
    #[inline(always)]
    pub fn parsed(native: &'static Native, source: Source) -> Packet {
        Packet { native: Some(native), source: OnceCell::with_value(source), ..Packet::default() }
    }

    /// What `__new__` makes for `class`: if it is one of the core's own, bytes are parsed at once.
    pub fn begin(class: &Bound<'_, PyType>, args: &Bound<'_, PyTuple>) -> PyResult<Packet> {
        let native = Rules::native(class.as_any());
        if let Some(native) = native
            && native.is_as_made(class.py())
            && let Some(layout) = &native.rules.get().layout
            && let Ok(buffer) = args.get_borrowed_item(0)
            // Other buffers are copied first: that is left to `__init__`.
            && let Ok(buffer) = buffer.cast::<PyBytes>()
        {
            let parse = native.rules.get().protocol.parse;
            return Ok(Packet::parsed(native, parse(class.py(), layout.get(), View::of_bytes(&buffer))?));
        }
        Ok(Packet { native, ..Packet::default() })
    }

    pub fn native(&self) -> Option<&'static Native> {
        self.native
    }

    pub fn source(&self) -> Option<&Source> {
        self.source.get()
    }

    pub fn is_edited(&self) -> bool {
        self.edits.get().is_some()
    }

    /// The cell of the attributes that are no fields.
    pub fn attributes(&self) -> &OnceCell<Py<PyDict>> {
        &self.attributes
    }

    pub fn is_filled(&self) -> bool {
        self.filled.load(Relaxed)
    }

    pub fn set_filled(&self) {
        self.filled.store(true, Relaxed);
    }

    /// The bytes from the header on, if they were read by this layout.
    #[inline(always)]
    pub fn header<'a>(&'a self, py: Python<'a>, layout: u32) -> Option<&'a [u8]> {
        self.source.get().filter(|source| source.layout == layout).map(|source| source.header(py))
    }

    /// No Python code runs while this is held: values are taken out before they are dropped.
    fn edits(&self) -> MutexGuard<'_, Edits> {
        self.edits.get_or_init(Box::default).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A field's value if it was set; the inner None says that it was deleted.
    #[allow(clippy::option_option)]
    #[inline(always)]
    pub fn set_value<'py>(&self, py: Python<'py>, layout: u32, index: usize) -> Option<Option<Bound<'py, PyAny>>> {
        self.edits.get()?;
        match self.edits().field(layout, index) {
            Edit::None => None,
            Edit::Set(value) => Some(Some(value.bind(py).clone())),
            Edit::Deleted => Some(None),
        }
    }

    /// Takes `edits` for all there is of this packet.
    pub fn replace_edits(&self, edits: Edits) {
        let before = std::mem::replace(&mut *self.edits(), edits);
        drop(before);
    }

    /// A packet that is being built from keywords.
    #[cfg(not(feature = "abi3"))]
    pub fn unfinished(native: &'static Native, edits: Edits) -> Packet {
        Packet { native: Some(native), edits: OnceCell::with_value(Box::new(Mutex::new(edits))), ..Packet::default() }
    }

    /// Lets go of all that there is in a packet, where Python frees its object.
    #[cfg(not(feature = "abi3"))]
    pub fn release(self, py: Python<'_>) {
        let Packet { source, payload, edits, attributes, .. } = self;
        // By the token: pyo3 would look up whether it is attached.
        drop(source.into_inner().map(|source| source.buffer.into_bound(py)));
        drop(payload);
        if edits.get().is_some() || attributes.get().is_some() {
            Python::attach(|_| drop((edits, attributes)));
        }
    }

    /// The declared field at `index`, by its name where the class is not the core's.
    pub fn field<'py>(slf: &Bound<'py, Packet>, index: usize, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let packet = slf.get();
        if let Some(names) = packet.native.and_then(|native| native.names.as_ref())
            && let Some(Some(value)) = packet.set_value(py, names.layout(), index)
        {
            return Ok(value);
        }
        slf.getattr(name)
    }

    /// Sets the declared field at `index`, by its name where the class is not the core's.
    pub fn set_field(slf: &Bound<'_, Packet>, index: usize, name: &Bound<'_, PyString>, value: usize) -> PyResult<()> {
        let value = PyInt::new(slf.py(), value);
        match slf.get().native.and_then(|native| native.names.as_ref()) {
            Some(names) => slf.get().keep(names.layout(), index, Some(value.into_any().unbind())),
            None => slf.setattr(name, value)?,
        }
        Ok(())
    }

    /// Keeps a field's value; None deletes it.
    pub fn keep(&self, layout: u32, index: usize, value: Option<Py<PyAny>>) {
        let edit = value.map_or(Edit::Deleted, Edit::Set);
        let before = self.edits().put(layout, index, edit);
        drop(before);
    }

    pub fn keep_data(&self, data: Py<PyAny>) {
        let before = std::mem::replace(&mut self.edits().data, Edit::Set(data));
        drop(before);
    }

    fn delete_data(&self) {
        let before = std::mem::replace(&mut self.edits().data, Edit::Deleted);
        drop(before);
    }

    /// An attribute that every packet of the class has, if `name` is the very string that compiled code has for it.
    #[inline(always)]
    pub fn known<'py>(slf: &Bound<'py, Packet>, name: &Bound<'py, PyAny>) -> Option<PyResult<Bound<'py, PyAny>>> {
        let py = slf.py();
        let packet = slf.get();
        let native = packet.native?;
        let names = native.names.as_ref()?;
        let (index, place, bits) = match names.find(native.class.bind(py), name)? {
            Access::Data => return Some(Packet::payload_of(slf)),
            Access::Lazy => return Some(get_lazy_attribute(slf, name)),
            Access::Field { index, place } => (index, place, None),
            Access::Part { index, place, bits } => (index, place, Some(bits)),
        };
        if let Some(value) = packet.set_value(py, names.layout(), index) {
            // Bits of something that was set are left to the descriptor, and the error about a deleted field too.
            return value.filter(|_| bits.is_none()).map(Ok);
        }
        let header = packet.source.get()?.header(py);
        Some(Ok(match bits {
            None => place.get(py, header),
            Some(bits) => PyInt::new(py, bits.of(place.number(header)?)).into_any(),
        }))
    }

    /// The payload as it was parsed, if the packet was parsed.
    pub fn parsed_payload<'py>(slf: &Bound<'py, Packet>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let packet = slf.get();
        if let Some(payload) = packet.payload.get(py) {
            return Ok(Some(payload));
        }
        let Some(source) = packet.source.get() else { return Ok(None) };
        Ok(Some(packet.payload.fill(payload::decode(slf, source)?)))
    }

    #[inline(always)]
    pub fn payload_of<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let packet = slf.get();
        if packet.edits.get().is_none()
            && let Some(payload) = packet.payload.get(py)
        {
            return Ok(payload);
        }
        if packet.edits.get().is_some() {
            match &packet.edits().data {
                Edit::Set(data) => return Ok(data.bind(py).clone()),
                Edit::Deleted => return Err(PyAttributeError::new_err("data")),
                Edit::None => {}
            }
        }
        if Packet::is_bare(slf)?
            && let Some(data) = attribute(slf, "data")?
        {
            return Ok(data);
        }
        Ok(Packet::parsed_payload(slf)?.unwrap_or_else(|| PyBytes::new(py, b"").into_any()))
    }

    /// Whether the class declares no header: as in dpkt, its data is an attribute like any other.
    #[inline(always)]
    fn is_bare(slf: &Bound<'_, Packet>) -> PyResult<bool> {
        match slf.get().native {
            Some(native) => Ok(native.names.is_none()),
            None => Ok(Rules::of(slf)?.get().layout.is_none()),
        }
    }

    /// Finishes what `__new__` began, if this is the first look at it and `buffer` is what it read.
    #[inline(always)]
    fn is_begun(&self, buffer: &Bound<'_, PyAny>) -> bool {
        self.native.is_some()
            && self.source.get().is_some_and(|source| source.buffer.as_ptr() == buffer.as_ptr())
            && self.payload.is_empty()
            && !self.is_edited()
    }

    /// Takes on what was parsed. A packet that was parsed before gets the new values over the old.
    pub fn settle(slf: &Bound<'_, Packet>, rules: &Rules, source: Source) -> PyResult<()> {
        let packet = slf.get();
        match packet.source.set(source) {
            Ok(()) => {
                if packet.is_edited() {
                    let before = std::mem::take(&mut *packet.edits());
                    drop(before);
                }
                set_replaced_fields(slf, rules)?;
                rules.protocol.parsed.map_or(Ok(()), |finish| finish(slf))
            }
            Err(source) => Packet::settle_again(slf, rules, source),
        }
    }

    #[cold]
    fn settle_again(slf: &Bound<'_, Packet>, rules: &Rules, source: Source) -> PyResult<()> {
        let py = slf.py();
        let fresh = slf.get_type().call_method1("__new__", (slf.get_type(),))?.cast_into::<Packet>()?;
        Packet::settle(&fresh, rules, source)?;
        if let Some(layout) = &rules.layout {
            for name in &layout.get().fields_by_name {
                slf.setattr(name.bind(py), fresh.getattr(name.bind(py))?)?;
            }
        }
        slf.get().keep_data(Packet::payload_of(&fresh)?.unbind());
        attributes(slf).update(fill_attributes(&fresh)?.as_mapping())
    }

    fn init_from(slf: &Bound<'_, Packet>, buffer: &Bound<'_, PyAny>) -> PyResult<()> {
        if slf.get().is_begun(buffer) {
            let finish = Rules::of(slf)?.get().protocol.parsed;
            return finish.map_or(Ok(()), |finish| finish(slf));
        }
        let rules = Rules::of(slf)?;
        if rules.get().own_unpack {
            return Packet::init_by_python(slf, buffer);
        }
        unpack_by(slf, rules.get(), buffer)
    }

    /// `unpack` is the subclass's own; errors of the struct module in it become dpkt's.
    fn init_by_python(slf: &Bound<'_, Packet>, buffer: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let Err(error) = slf.call_method1(intern!(py, "unpack"), (buffer,)) else { return Ok(()) };
        if !error.is_instance(py, &struct_error(py)?) {
            return Err(error);
        }
        let needed: usize = slf.getattr(intern!(py, "__hdr_len__"))?.extract()?;
        let got = buffer.len()?;
        if got < needed {
            return Err(Fault::Short { got, needed }.into());
        }
        let message = format!("invalid {}: {}", slf.get_type().name()?, buffer.repr()?);
        Err(UnpackError::new_err(message))
    }
}

/// Where somebody has put a property or the like in the place of a field of a core's class, it gets the value that was parsed.
fn set_replaced_fields(slf: &Bound<'_, Packet>, rules: &Rules) -> PyResult<()> {
    let py = slf.py();
    let packet = slf.get();
    let (Some(native), Some(layout)) = (packet.native, &rules.layout) else { return Ok(()) };
    let class = native.class.bind(py);
    if native.names.as_ref().is_none_or(|names| names.hold(class)) {
        return Ok(());
    }
    let layout = layout.get();
    for (field, name) in layout.fields.iter().zip(&layout.fields_by_name) {
        let is_replaced = class.getattr(name)?.cast::<Field>().is_err();
        if let (true, Some(place), Some(header)) = (is_replaced, field.place, packet.header(py, layout.id)) {
            slf.setattr(name.bind(py), place.get(py, header))?;
        }
    }
    Ok(())
}

pub fn struct_error(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("struct")?.getattr("error")
}

/// Parses `buffer` into `slf` by `rules`.
pub fn unpack_by(slf: &Bound<'_, Packet>, rules: &Rules, buffer: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = slf.py();
    let Some(layout) = &rules.layout else {
        return Err(PyAttributeError::new_err(format!("{} has no __hdr__", slf.get_type().name()?)));
    };
    let view = View::of(buffer)?;
    if !layout.get().is_plain() {
        return unpack_by_struct(slf, layout.get(), buffer);
    }
    let source = (rules.protocol.parse)(py, layout.get(), view)?;
    Packet::settle(slf, rules, source)
}

/// Formats that stand for several values, padding, floats and the like: read by the struct module, all at once.
#[cold]
fn unpack_by_struct(slf: &Bound<'_, Packet>, layout: &Layout, buffer: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = slf.py();
    let view = View::of(buffer)?;
    let bytes = view.bytes(py);
    if bytes.len() < layout.length {
        return Err(Fault::Short { got: bytes.len(), needed: layout.length }.into());
    }
    let header = PyBytes::new(py, &bytes[..layout.length]);
    let values = py.import("struct")?.call_method1("unpack", (&layout.format, header))?;
    for (index, value) in values.try_iter()?.enumerate().take(layout.fields.len()) {
        slf.get().keep(layout.id, index, Some(value?.unbind()));
    }
    let end = view.end;
    let source = view.parsed(0, layout.length..end, Next::Raw);
    slf.get().keep_data(source.slice(py, source.data.clone())?.unbind());
    Ok(())
}

/// A header of the declared length; the rest is data.
pub fn parse_plain(_: Python<'_>, layout: &Layout, view: View) -> Result<Source, Fault> {
    let got = view.end - view.start;
    if got < layout.length {
        return Err(Fault::Short { got, needed: layout.length });
    }
    Ok(view.parsed(layout.id, layout.length..got, Next::Raw))
}

#[pymethods]
impl Packet {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **_kwargs), text_signature = "(*args, **kwargs)")]
    fn new(cls: &Bound<'_, PyType>, args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Packet> {
        Packet::begin(cls, args)
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __init__(slf: &Bound<'_, Packet>, args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        if Packet::is_bare(slf)? {
            attributes(slf).set_item("data", PyBytes::new(slf.py(), b""))?;
        }
        match args.get_item(0) {
            Ok(buffer) => Packet::init_from(slf, &buffer),
            Err(_) => building::init(slf, kwargs),
        }
    }

    #[classmethod]
    #[pyo3(signature = (**_kwargs))]
    fn __init_subclass__(cls: &Bound<'_, PyType>, _kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        declare(cls)?;
        Rules::establish(cls)
    }

    /// What follows the header: a packet if its class is known, else bytes.
    #[getter]
    fn data<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyAny>> {
        Packet::payload_of(slf)
    }

    #[setter]
    fn set_data(slf: &Bound<'_, Packet>, data: Bound<'_, PyAny>) -> PyResult<()> {
        if Packet::is_bare(slf)? {
            return attributes(slf).set_item("data", data);
        }
        slf.get().keep_data(data.unbind());
        Ok(())
    }

    /// Reads the header fields from `buf`; the rest becomes `data`.
    fn unpack(slf: &Bound<'_, Packet>, buf: &Bound<'_, PyAny>) -> PyResult<()> {
        unpack_native(slf.as_any(), &super::rules::PLAIN, buf)
    }

    /// The header as bytes.
    fn pack_hdr<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::with_capacity(64);
        write_plain_header(slf, &mut out)?;
        Ok(PyBytes::new(slf.py(), &out))
    }

    /// The same as `bytes(packet)`.
    fn pack<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().get_type::<PyBytes>().call1((slf,))
    }

    fn __bytes__<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::with_capacity(128);
        write_plain(slf, &mut out)?;
        Ok(PyBytes::new(slf.py(), &out))
    }

    fn __len__(slf: &Bound<'_, Packet>) -> PyResult<usize> {
        plain_length(slf)
    }

    fn __str__<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyString>> {
        slf.py().get_type::<PyBytes>().call1((slf,))?.str()
    }

    fn __repr__(slf: &Bound<'_, Packet>) -> PyResult<String> {
        super::show::repr(slf)
    }

    /// Prints the packet and its layers, a field a line.
    #[pyo3(signature = (indent=1))]
    fn pprint(slf: &Bound<'_, Packet>, indent: usize) -> PyResult<()> {
        super::show::pprint(slf, indent)
    }

    fn __iter__<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let pairs = PyList::empty(py);
        for name in slf.get_type().getattr(intern!(py, "__hdr_fields__"))?.try_iter()? {
            let name = name?;
            pairs.append((&name, slf.getattr(name.cast::<PyString>()?)?))?;
        }
        Ok(pairs.try_iter()?.into_any())
    }

    /// The first layer below of exactly this class; KeyError if there is none.
    fn __getitem__<'py>(slf: &Bound<'py, Packet>, class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mut layer = slf.getattr(intern!(slf.py(), "data"))?;
        while layer.cast::<Packet>().is_ok() {
            if layer.get_type().eq(class)? {
                return Ok(layer);
            }
            layer = layer.getattr(intern!(slf.py(), "data"))?;
        }
        Err(PyKeyError::new_err(class.clone().unbind()))
    }

    fn __contains__(slf: &Bound<'_, Packet>, class: &Bound<'_, PyAny>) -> PyResult<bool> {
        match slf.get_item(class) {
            Ok(layer) => layer.is_truthy(),
            Err(error) if error.is_instance_of::<PyKeyError>(slf.py()) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn __getattribute__<'py>(slf: &Bound<'py, Packet>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match Packet::known(slf, name) {
            Some(found) => found,
            None => get_attribute(slf, name),
        }
    }

    fn __setattr__(slf: &Bound<'_, Packet>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let packet = slf.get();
        if let Some(native) = packet.native
            && let Some(names) = &native.names
        {
            let value = value.clone().unbind();
            match names.find(native.class.bind(slf.py()), name) {
                Some(Access::Data) => {
                    packet.keep_data(value);
                    return Ok(());
                }
                Some(Access::Field { index, .. }) => {
                    packet.keep(names.layout(), index, Some(value));
                    return Ok(());
                }
                _ => {}
            }
        }
        set_attribute(slf, name, Some(value))
    }

    fn __delattr__(slf: &Bound<'_, Packet>, name: &Bound<'_, PyAny>) -> PyResult<()> {
        if name.eq("data")? {
            Packet::payload_of(slf)?;
            slf.get().delete_data();
            return Ok(());
        }
        set_attribute(slf, name, None)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Packet>) -> PyResult<Bound<'py, PyTuple>> {
        super::show::reduce(slf)
    }

    fn __setstate__(slf: &Bound<'_, Packet>, state: (Bound<'_, PyDict>, Bound<'_, PyDict>)) -> PyResult<()> {
        for (name, value) in state.1 {
            slf.setattr(name.cast::<PyString>()?, value)?;
        }
        attributes(slf).update(state.0.as_mapping())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.payload.traverse(&visit)?;
        if let Some(attributes) = self.attributes.get() {
            visit.call(attributes)?;
        }
        // A lock that is held now belongs to a stopped thread: what it guards counts as alive this time.
        let Some(Ok(edits)) = self.edits.get().map(|edits| edits.try_lock()) else { return Ok(()) };
        edits.traverse(&visit)
    }

    /// A cycle always goes through something that was set: what was parsed points down only.
    fn __clear__(&self) {
        if self.is_edited() {
            let before = std::mem::take(&mut *self.edits());
            drop(before);
        }
        if let Some(attributes) = self.attributes.get() {
            Python::attach(|py| attributes.bind(py).clear());
        }
    }
}

#[cfg(feature = "abi3")]
#[pymethods]
impl Packet {
    /// Without this, pyo3 would raise an error of its own, which has only the name.
    fn __getattr__<'py>(slf: &Bound<'py, Packet>, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        super::generic::get(slf, name)
    }
}

/// A buffer as the only positional argument of the class's own `unpack`.
pub fn unpack_native<'py>(
    slf: &Bound<'py, PyAny>,
    protocol: &'static super::rules::Protocol,
    buffer: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let packet = slf.cast::<Packet>().map_err(|_| PyTypeError::new_err("unpack needs a packet"))?;
    let rules = Rules::of(packet)?;
    let layout = rules.get().layout.as_ref().map(|layout| layout.clone_ref(slf.py()));
    let native = Rules { layout, protocol, own_unpack: false, own_header: false, own_bytes: false, own_length: false };
    unpack_by(packet, &native, buffer)
}
