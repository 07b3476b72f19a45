//! dpkt's exceptions.

use pyo3::create_exception;
use pyo3::exceptions::PyException;

create_exception!(pcapframe.dpkt.dpkt, Error, PyException, "Base of all errors of packets.");
create_exception!(pcapframe.dpkt.dpkt, UnpackError, Error, "The bytes are no packet of this class.");
create_exception!(pcapframe.dpkt.dpkt, NeedData, UnpackError, "The bytes end before the header does.");
create_exception!(pcapframe.dpkt.dpkt, PackError, Error, "The fields can not be written as a header.");
