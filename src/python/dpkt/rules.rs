//! What differs between classes of packets: how one is parsed, measured and written.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyType};

use super::arp::Arp;
use super::building::Given;
use super::errors;
use super::ethernet::Ethernet;
use super::icmp::Icmp;
use super::icmp6::Icmp6;
use super::ip::Ip;
use super::ip6::Ip6;
use super::layout::{Layout, declare, overridden};
use super::names::Names;
use super::packet::{self, Packet};
use super::packing;
use super::sll::Sll;
use super::sll2::Sll2;
use super::source::{Fault, Source, View};
use super::table::{Table, version};
use super::tag::Tag;
use super::tcp::Tcp;
use super::udp::Udp;

type Parse = fn(Python<'_>, &Layout, View) -> Result<Source, Fault>;
type Create = for<'py> fn(Python<'py>, Packet) -> PyResult<Bound<'py, Packet>>;
type Parsed = fn(&Bound<'_, Packet>) -> PyResult<()>;
type Built = fn(&Bound<'_, Packet>, Given) -> PyResult<()>;
type Attach = fn(Python<'_>, &Source, &Bound<'_, PyDict>) -> PyResult<bool>;

/// The rules of a protocol. One static of it stands in the file of each protocol that has its own.
pub struct Protocol {
    /// Reads the header; `layout` is that of the class.
    pub parse: Parse,
    /// Makes an object of exactly this class; None where a class in Python is the only way.
    pub create: Option<Create>,
    /// What is left to do with a packet just parsed: attributes that are not fields.
    pub parsed: Option<Parsed>,
    /// What is left to do with a packet just built from keywords, of which fields those.
    pub built: Option<Built>,
    /// Adds attributes that are made at once when any is asked for; says whether there are any.
    pub attach: Option<Attach>,
    /// Names of attributes that are made when asked for, in the order in which dpkt sets them.
    pub lazy: &'static [&'static str],
    /// Names of further attributes that may be made when asked for: that of the payload and what `attach` adds.
    pub more_lazy: &'static [&'static str],
    pub length: fn(&Bound<'_, Packet>) -> PyResult<usize>,
    pub write_header: fn(&Bound<'_, Packet>, &mut Vec<u8>) -> PyResult<()>,
    pub write: fn(&Bound<'_, Packet>, &mut Vec<u8>) -> PyResult<()>,
}

/// A header and what follows it.
pub static PLAIN: Protocol = Protocol {
    parse: packet::parse_plain,
    create: None,
    parsed: None,
    built: None,
    attach: None,
    lazy: &[],
    more_lazy: &[],
    length: packing::plain_length,
    write_header: packing::write_plain_header,
    write: packing::write_plain,
};

/// What is known of a class, found once when it is made.
// One for each method that may be replaced.
#[allow(clippy::struct_excessive_bools)]
#[pyclass(frozen, module = "pcapframe.dpkt.dpkt")]
pub struct Rules {
    pub layout: Option<Py<Layout>>,
    pub protocol: &'static Protocol,
    /// Which methods a subclass replaced by its own in Python.
    pub own_unpack: bool,
    pub own_header: bool,
    pub own_bytes: bool,
    pub own_length: bool,
}

/// What is known of a class of the core.
pub struct Native {
    pub class: Py<PyType>,
    pub rules: Py<Rules>,
    /// None for a class without fields.
    pub names: Option<Names>,
    /// Which class takes which payload.
    pub table: Table,
    /// The class's own methods, as they were when it was made.
    methods: Vec<(Py<PyString>, Py<PyAny>)>,
    /// The version of the class for which they are known to be the same.
    version: AtomicU32,
}

/// What makes, measures and writes a packet: where one is replaced, the core has no say any more.
const METHODS: [&str; 5] = ["__init__", "unpack", "pack_hdr", "__bytes__", "__len__"];

impl Native {
    fn new(class: &Bound<'_, PyType>, rules: Py<Rules>, names: Option<Names>) -> PyResult<Native> {
        let py = class.py();
        let method = |name| Ok((PyString::intern(py, name).unbind(), class.getattr(name)?.unbind()));
        Ok(Native {
            class: class.clone().unbind(),
            rules,
            names,
            table: Table::default(),
            methods: METHODS.into_iter().map(method).collect::<PyResult<_>>()?,
            version: AtomicU32::new(0),
        })
    }

    /// Whether nobody has replaced a method or a field of the class.
    #[inline(always)]
    pub fn is_as_made(&self, py: Python<'_>) -> bool {
        version(self.class.bind(py)) == self.version.load(Relaxed) || self.still_is_as_made(py)
    }

    #[cold]
    fn still_is_as_made(&self, py: Python<'_>) -> bool {
        let class = self.class.bind(py);
        let is_same = |(name, method): &(Py<PyString>, Py<PyAny>)| class.getattr(name).is_ok_and(|now| now.is(method));
        let same = self.methods.iter().all(is_same) && self.names.as_ref().is_none_or(|names| names.hold(class));
        if same {
            self.version.store(version(class), Relaxed);
        }
        same
    }
}

/// The classes of the core, most frequent first: looked up for each layer of each packet.
static NATIVE: PyOnceLock<Vec<Native>> = PyOnceLock::new();

impl Rules {
    /// The rules of a packet's class; those of a class of the core without asking Python.
    #[inline(always)]
    pub fn of<'py>(packet: &Bound<'py, Packet>) -> PyResult<Bound<'py, Rules>> {
        let py = packet.py();
        match packet.get().native() {
            Some(native) if native.is_as_made(py) => Ok(native.rules.bind(py).clone()),
            Some(native) => Bound::new(py, Rules::read(native.class.bind(py))?),
            None => Ok(packet.get_type().getattr(intern!(py, "__rules__"))?.cast_into::<Rules>()?),
        }
    }

    /// What is known of a class of the core; None for a class made in Python.
    #[inline(always)]
    pub fn native(class: &Bound<'_, PyAny>) -> Option<&'static Native> {
        NATIVE.get(class.py())?.iter().find(|native| native.class.is(class))
    }

    /// Keeps the rules of `class` as an attribute of it.
    pub fn establish(class: &Bound<'_, PyType>) -> PyResult<()> {
        class.setattr(intern!(class.py(), "__rules__"), Bound::new(class.py(), Rules::read(class)?)?)
    }

    fn read(class: &Bound<'_, PyType>) -> PyResult<Rules> {
        Ok(Rules {
            layout: Layout::of(class).map(Bound::unbind),
            protocol: protocol(class)?,
            own_unpack: overridden(class, "unpack")?,
            own_header: overridden(class, "pack_hdr")?,
            own_bytes: overridden(class, "__bytes__")?,
            own_length: overridden(class, "__len__")?,
        })
    }
}

/// The protocol whose rules `class` has from the core: that of the nearest class of the core it derives from.
fn protocol(class: &Bound<'_, PyType>) -> PyResult<&'static Protocol> {
    for ancestor in class.mro() {
        if let Some(protocol) = native_protocol(ancestor.cast::<PyType>()?) {
            return Ok(protocol);
        }
    }
    Ok(&PLAIN)
}

/// The classes of the core, most frequent first.
fn classes(py: Python<'_>) -> [(Bound<'_, PyType>, &'static Protocol); 12] {
    [
        (py.get_type::<Ip>(), &super::ip::PROTOCOL),
        (py.get_type::<Tcp>(), &super::tcp::PROTOCOL),
        (py.get_type::<Ethernet>(), &super::ethernet::PROTOCOL),
        (py.get_type::<Udp>(), &super::udp::PROTOCOL),
        (py.get_type::<Ip6>(), &super::ip6::PROTOCOL),
        (py.get_type::<Icmp>(), &super::icmp::PROTOCOL),
        (py.get_type::<Icmp6>(), &super::icmp6::PROTOCOL),
        (py.get_type::<Arp>(), &super::arp::PROTOCOL),
        (py.get_type::<Sll>(), &super::sll::PROTOCOL),
        (py.get_type::<Sll2>(), &super::sll2::PROTOCOL),
        (py.get_type::<Tag>(), &super::tag::PROTOCOL),
        (py.get_type::<Packet>(), &PLAIN),
    ]
}

fn native_protocol(class: &Bound<'_, PyType>) -> Option<&'static Protocol> {
    classes(class.py()).into_iter().find(|(known, _)| known.is(class)).map(|(_, protocol)| protocol)
}

/// Makes the classes of the core ready; called once, when the module is made.
pub fn declare_all(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    for (name, error) in [
        ("Error", py.get_type::<errors::Error>()),
        ("UnpackError", py.get_type::<errors::UnpackError>()),
        ("NeedData", py.get_type::<errors::NeedData>()),
        ("PackError", py.get_type::<errors::PackError>()),
    ] {
        module.add(name, error)?;
    }
    let mut known = Vec::new();
    for (class, _) in classes(py) {
        declare(&class)?;
        Rules::establish(&class)?;
        let rules = class.getattr(intern!(py, "__rules__"))?.cast_into::<Rules>()?;
        let Rules { layout, protocol, .. } = rules.get();
        let lazy = [protocol.lazy, protocol.more_lazy].concat();
        let names = layout.as_ref().map(|layout| Names::of(&class, layout.get().id, &lazy)).transpose()?;
        let native = Native::new(&class, rules.unbind(), names)?;
        #[cfg(not(feature = "abi3"))]
        super::slots::fill(py, &native);
        known.push(native);
    }
    let _ = NATIVE.set(py, known);
    Ok(())
}
