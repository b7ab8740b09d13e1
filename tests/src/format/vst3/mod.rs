//! VST3, through the `vst3` crate's bindings: the module, its factory, and what comes of them.
#![expect(unsafe_code, reason = "VST3 is an interface of raw COM pointers")]

mod arrangements;
mod audio;
mod instance;
mod module;
mod objects;
mod process;
mod units;

use super::{Library, Plugin};
use crate::platform;
use crate::trouble::Trouble;
use module::{Listed, Module, hex};
use std::{
    ffi::c_char,
    path::{Path, PathBuf},
    rc::Rc,
};
use vst3::{ComPtr, Steinberg::*};

struct Vst3Library {
    module: Rc<Module>,
    plugins: Vec<Listed>,
}

/// Opens a `.vst3` bundle, or the library of one.
pub(super) fn open(path: &Path) -> Result<Box<dyn Library>, Trouble> {
    let wrong = |why: String| Trouble::Load { path: path.to_owned(), why };
    let binary =
        binary(path).ok_or_else(|| wrong("there is no library in it for this machine".to_owned()))?;
    let library = platform::open_module(&binary).map_err(|error| wrong(error.to_string()))?;
    let library = library.ok_or_else(|| wrong("its entry function failed".to_owned()))?;
    platform::watch_allocations(&binary);
    // SAFETY: the symbol has this type in the VST3 SDK.
    let factory = unsafe {
        let get = library
            .get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory\0")
            .map_err(|error| wrong(error.to_string()))?;
        ComPtr::from_raw(get())
    };
    let factory = factory.ok_or_else(|| wrong("it gives no plugin factory".to_owned()))?;
    let plugins = list(&factory);
    if plugins.is_empty() {
        return Err(wrong("its factory lists no audio plugin".to_owned()));
    }
    Ok(Box::new(Vst3Library {
        module: Rc::new(Module { factory: Some(factory), library: Some(library) }),
        plugins,
    }))
}

/// The library in a bundle: `NAME.vst3/Contents/x86_64-linux/NAME.so`, on Windows `NAME.vst3/Contents/x86_64-win/NAME.vst3`, on macOS
/// `NAME.vst3/Contents/MacOS/NAME`.
fn binary(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let folder = path.join("Contents").join(platform::vst3_folder());
    let named = folder.join(path.file_stem()?).with_extension(platform::VST3_LIBRARY);
    if named.is_file() {
        return Some(named);
    }
    let is_library = |path: &PathBuf| path.extension().unwrap_or_default() == platform::VST3_LIBRARY;
    std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find(is_library)
}

fn list(factory: &ComPtr<IPluginFactory>) -> Vec<Listed> {
    let second = factory.cast::<IPluginFactory2>();
    // SAFETY: the factory is alive, and each call is given room for what it writes.
    unsafe {
        (0..factory.countClasses())
            .filter_map(|index| {
                let mut info: PClassInfo = std::mem::zeroed();
                let found = factory.getClassInfo(index, &mut info) == kResultOk;
                if !found || text(&info.category) != "Audio Module Class" {
                    return None;
                }
                let mut listed = Listed { cid: info.cid, name: text(&info.name), ..Listed::default() };
                let mut info: PClassInfo2 = std::mem::zeroed();
                if second.as_ref().is_some_and(|second| second.getClassInfo2(index, &mut info) == kResultOk) {
                    listed.vendor = text(&info.vendor);
                    listed.version = text(&info.version);
                    listed.categories = text(&info.subCategories);
                }
                Some(listed)
            })
            .collect()
    }
}

/// C characters up to the first 0.
fn text(characters: &[c_char]) -> String {
    let bytes: Vec<u8> = characters.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Library for Vst3Library {
    fn make(&self, id: Option<&str>) -> Result<Box<dyn Plugin>, Trouble> {
        let is_wanted = |plugin: &&Listed| {
            id.is_none_or(|id| {
                hex(&plugin.cid).eq_ignore_ascii_case(id) || plugin.name.eq_ignore_ascii_case(id)
            })
        };
        let listed = self.plugins.iter().find(is_wanted).ok_or_else(|| Trouble::NoPlugin {
            wanted: id.unwrap_or_default().to_owned(),
            there: self.plugins.iter().map(|plugin| plugin.name.clone()).collect(),
        })?;
        instance::make(&self.module, listed, &self.plugins)
    }
}
