//! How objects of the core's classes are made and freed.
//!
//! pyo3 makes and frees an object class by class, up the chain of its bases, and asks on the way what it knows here already. Two
//! functions of our own take 7 % off the tutorial's loop. The stable ABI does not let a slot be changed, so that its build goes
//! without.

#[cfg(not(feature = "abi3"))]
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::PyClass;

use super::packet::Packet;

/// An object of exactly the class `C`.
#[cfg(feature = "abi3")]
pub fn create<C>(py: Python<'_>, packet: Packet, class: C) -> PyResult<Bound<'_, Packet>>
where
    C: PyClass<BaseType = Packet>,
{
    Ok(Bound::new(py, PyClassInitializer::from(packet).add_subclass(class))?.into_super())
}

/// An object of exactly the class `C`, which is the one of the packet's rules.
#[cfg(not(feature = "abi3"))]
pub fn create<C>(py: Python<'_>, packet: Packet, _: C) -> PyResult<Bound<'_, Packet>>
where
    C: PyClass<BaseType = Packet>,
{
    const { assert!(size_of::<C>() == 0, "nothing but the packet is put in place") }
    let class = packet.native().map_or_else(|| C::type_object_raw(py), |native| native.class.as_ptr().cast());
    // SAFETY: a class of the core is a live type object; its objects are packets, and nobody else has seen this one. Its
    // memory is zero: an empty packet, in which there is nothing to be dropped, and no list of weak references.
    unsafe {
        let object = Bound::from_owned_ptr_or_err(py, ffi::PyType_GenericAlloc(class, 0))?.cast_into_unchecked::<Packet>();
        place(&object).write(packet);
        Ok(object)
    }
}

/// Where the packet lies in its object.
#[cfg(not(feature = "abi3"))]
fn place(object: &Bound<'_, Packet>) -> *mut Packet {
    // pyo3 keeps it in an `UnsafeCell`, so that the pointer may be written through.
    std::ptr::from_ref(object.get()).cast_mut()
}

/// `tp_dealloc` of the core's classes, and so the last step of freeing an object of a class derived from one in Python.
///
/// # Safety
/// As Python promises to a function of this slot.
#[cfg(not(feature = "abi3"))]
pub unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: Python calls this attached, once, for an object of a core's class or of one derived from it, which nobody has a
    // reference to any more. What is in it is taken out before its memory is given back, and its class, which each object of
    // a class on the heap has a reference to, is let go of last.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        let class = ffi::Py_TYPE(object);
        // `Packet` has a place for the list, which those that derive from it share.
        let weak_references = object.byte_offset((*class).tp_weaklistoffset).cast::<*mut ffi::PyObject>();
        if !(*weak_references).is_null() {
            ffi::PyObject_ClearWeakRefs(object);
        }
        let py = Python::assume_attached();
        place(Bound::ref_from_ptr(py, &object).cast_unchecked()).read().release(py);
        (*class).tp_free.expect("a class has a way to free its objects")(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}
