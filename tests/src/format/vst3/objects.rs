//! The objects that a VST3 host lends to a plugin: streams, parameter queues, event lists, and itself.

use crate::counting;
use crate::format::Manners;
use std::{
    cell::{Cell, RefCell},
    ffi::c_void,
    ptr,
    sync::{Arc, Mutex, PoisonError},
};
use vst3::{
    Class, ComWrapper,
    Steinberg::{Vst::*, *},
};

/// Bytes of a state.
#[derive(Default)]
pub(super) struct MemoryStream {
    pub(super) bytes: RefCell<Vec<u8>>,
    position: Cell<usize>,
}

impl MemoryStream {
    pub(super) fn new(bytes: &[u8]) -> ComWrapper<Self> {
        ComWrapper::new(Self { bytes: RefCell::new(bytes.to_vec()), position: Cell::new(0) })
    }
}

impl Class for MemoryStream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for MemoryStream {
    unsafe fn read(&self, buffer: *mut c_void, wanted: int32, read: *mut int32) -> tresult {
        let bytes = self.bytes.borrow();
        let rest = bytes.get(self.position.get()..).unwrap_or(&[]);
        let count = rest.len().min(wanted.max(0) as usize);
        // SAFETY: the plugin promises room for `wanted` bytes, and for the count if it asks for one.
        unsafe {
            ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), count);
            if !read.is_null() {
                *read = count as int32;
            }
        }
        self.position.set(self.position.get() + count);
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: int32, written: *mut int32) -> tresult {
        let mut bytes = self.bytes.borrow_mut();
        let (at, count) = (self.position.get(), count.max(0) as usize);
        if bytes.len() < at + count {
            bytes.resize(at + count, 0);
        }
        // SAFETY: the plugin promises `count` bytes, and room for the count if it asks for one.
        unsafe {
            ptr::copy_nonoverlapping(buffer.cast(), bytes[at..].as_mut_ptr(), count);
            if !written.is_null() {
                *written = count as int32;
            }
        }
        self.position.set(at + count);
        kResultOk
    }

    unsafe fn seek(&self, position: int64, mode: int32, result: *mut int64) -> tresult {
        let base = match mode as IBStream_::IStreamSeekMode {
            IBStream_::IStreamSeekMode_::kIBSeekSet => 0,
            IBStream_::IStreamSeekMode_::kIBSeekCur => self.position.get() as int64,
            IBStream_::IStreamSeekMode_::kIBSeekEnd => self.bytes.borrow().len() as int64,
            _ => return kInvalidArgument,
        };
        let Ok(at) = usize::try_from(base + position) else { return kInvalidArgument };
        self.position.set(at);
        if !result.is_null() {
            // SAFETY: it is not null, and so has room.
            unsafe { *result = at as int64 };
        }
        kResultOk
    }

    unsafe fn tell(&self, position: *mut int64) -> tresult {
        if position.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: it is not null, and so has room.
        unsafe { *position = self.position.get() as int64 };
        kResultOk
    }
}

/// Changes of one parameter in a block.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) id: Cell<u32>,
    pub(super) points: RefCell<Vec<(i32, f64)>>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id.get()
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.borrow().len() as int32
    }

    unsafe fn getPoint(&self, index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
        match self.points.borrow().get(index as usize) {
            Some(point) if !offset.is_null() && !value.is_null() => {
                // SAFETY: neither is null, and so both have room.
                unsafe { (*offset, *value) = *point };
                kResultOk
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn addPoint(&self, offset: int32, value: ParamValue, index: *mut int32) -> tresult {
        let mut points = self.points.borrow_mut();
        counting::paused(|| points.push((offset, value)));
        if !index.is_null() {
            // SAFETY: it is not null, and so has room.
            unsafe { *index = points.len() as int32 - 1 };
        }
        kResultOk
    }
}

/// Changes of all parameters in a block. Queues are kept for later blocks.
#[derive(Default)]
pub(super) struct Changes {
    queues: RefCell<Vec<ComWrapper<Queue>>>,
    used: Cell<usize>,
}

impl Changes {
    pub(super) fn clear(&self) {
        self.used.set(0);
    }

    pub(super) fn add(&self, id: u32, offset: i32, value: f64) {
        let index = self.index_of(id);
        self.queues.borrow()[index].points.borrow_mut().push((offset, value));
    }

    /// Every change: (offset, id, value).
    pub(super) fn each(&self, mut see: impl FnMut(i32, u32, f64)) {
        for queue in &self.queues.borrow()[..self.used.get()] {
            queue.points.borrow().iter().for_each(|(offset, value)| see(*offset, queue.id.get(), *value));
        }
    }

    fn index_of(&self, id: u32) -> usize {
        let mut queues = self.queues.borrow_mut();
        let used = self.used.get();
        if let Some(index) = queues[..used].iter().position(|queue| queue.id.get() == id) {
            return index;
        }
        if used == queues.len() {
            queues.push(ComWrapper::new(Queue::default()));
        }
        queues[used].id.set(id);
        queues[used].points.borrow_mut().clear();
        self.used.set(used + 1);
        used
    }
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        self.used.get() as int32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        let queues = self.queues.borrow();
        let queue = queues[..self.used.get()].get(index as usize);
        // The list keeps the queue alive: a borrowed pointer, as the interface has it.
        queue.and_then(|queue| queue.as_com_ref::<IParamValueQueue>()).map_or(ptr::null_mut(), |q| q.as_ptr())
    }

    unsafe fn addParameterData(&self, id: *const ParamID, index: *mut int32) -> *mut IParamValueQueue {
        if id.is_null() {
            return ptr::null_mut();
        }
        // SAFETY: it is not null.
        let at = counting::paused(|| self.index_of(unsafe { *id }));
        if !index.is_null() {
            // SAFETY: it is not null, and so has room.
            unsafe { *index = at as int32 };
        }
        // SAFETY: an index that is there.
        unsafe { self.getParameterData(at as int32) }
    }
}

/// Notes and controllers of a block.
#[derive(Default)]
pub(super) struct Events {
    pub(super) list: RefCell<Vec<Event>>,
}

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> int32 {
        self.list.borrow().len() as int32
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        match self.list.borrow().get(index as usize) {
            Some(there) if !event.is_null() => {
                // SAFETY: it is not null, and so has room.
                unsafe { *event = *there };
                kResultOk
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        if event.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: it is not null.
        counting::paused(|| self.list.borrow_mut().push(unsafe { *event }));
        kResultOk
    }
}

/// What a controller tells its host: an edit of a parameter dirties the project.
pub(super) struct Handler(pub(super) Arc<Mutex<Manners>>);

impl Class for Handler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, _: ParamID, _: ParamValue) -> tresult {
        counting::paused(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).edits += 1);
        kResultOk
    }

    unsafe fn endEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, _: int32) -> tresult {
        kResultOk
    }
}

/// This host.
pub(super) struct Application;

impl Class for Application {
    type Interfaces = (IHostApplication,);
}

impl IHostApplicationTrait for Application {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        if name.is_null() {
            return kInvalidArgument;
        }
        let mut wide = [0; 128];
        wide.iter_mut().zip("rollcall-host".encode_utf16()).for_each(|(to, from)| *to = from);
        // SAFETY: it is not null, and so has room.
        unsafe { *name = wide };
        kResultOk
    }

    unsafe fn createInstance(&self, _: *mut TUID, _: *mut TUID, object: *mut *mut c_void) -> tresult {
        if !object.is_null() {
            // SAFETY: it is not null, and so has room.
            unsafe { *object = ptr::null_mut() };
        }
        kNotImplemented
    }
}
