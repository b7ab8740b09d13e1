//! NumPy's archives of arrays (`.npz`), numbers and names; also names pickled as objects, as OpenMIC-2018 has them.

use crate::ImportError;
use npyz::{Deserialize, NpyFile, Order};
use serde_pickle::{DeOptions, Value};
use std::{
    fs::File,
    io::{BufReader, BufWriter, Cursor, Read, Write as _},
    path::{Path, PathBuf},
};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Numbers, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// All values, whatever the kind they were stored in.
    pub values: Vec<f32>,
    /// Whether they were stored as whole numbers (not floats, not booleans).
    pub whole: bool,
}

/// An archive opened for reading.
pub struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
}

impl Npz {
    /// Opens the archive and reads its table of contents.
    ///
    /// # Errors
    /// No such file, or no zip archive (a download that was cut short has no table of contents).
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let file = File::open(path).map_err(ImportError::io(path))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|e| ImportError::Format {
            path: path.into(),
            expected: "archive of NumPy arrays (.npz)",
            reason: e.to_string(),
        })?;
        Ok(Self { path: path.into(), archive })
    }

    /// Names of the arrays, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let files = self.archive.file_names().flatten();
        let mut names: Vec<String> =
            files.map(|name| name.strip_suffix(".npy").unwrap_or(&name).to_owned()).collect();
        names.sort();
        names
    }

    /// An array of numbers or booleans of any width, as 32-bit floats.
    ///
    /// # Errors
    /// No such array, one that holds no numbers or is in Fortran's order, or damage.
    pub fn numbers(&mut self, name: &str) -> Result<Numbers, ImportError> {
        let (path, bytes) = (self.path.clone(), self.entry(name)?);
        let off = |found: String, expected| ImportError::Values {
            path: path.clone(),
            name: name.into(),
            found,
            expected,
        };
        let broken = |e: std::io::Error| ImportError::Format {
            path: path.clone(),
            expected: "archive of NumPy arrays (.npz)",
            reason: format!("{name}: {e}"),
        };
        let mut npy = NpyFile::new(&bytes[..]).map_err(broken)?;
        if npy.order() != Order::C {
            return Err(off("an array in Fortran's order".into(), "one in C's: save a copy of it"));
        }
        let kind = npy.dtype().descr();
        let shape: Vec<usize> = npy.shape().iter().map(|&n| n as usize).collect();
        let (elements, size) = (npy.len(), npy.dtype().num_bytes().unwrap_or(1).max(1) as u64);
        if elements.checked_mul(size).is_none_or(|needed| needed > bytes.len() as u64) {
            return Err(off(format!("{} bytes", bytes.len()), "as many as its shape asks for"));
        }
        macro_rules! read_as {
            ($($kind:ty => $convert:expr, $whole:expr;)*) => {$(
                npy = match collect::<$kind, _>(npy, $convert) {
                    Ok(values) => return Ok(Numbers { shape, values: values.map_err(broken)?, whole: $whole }),
                    Err(npy) => npy,
                };
            )*};
        }
        read_as! {
            f32 => |v| v, false;
            f64 => |v| v as f32, false;
            bool => |v| f32::from(u8::from(v)), false;
            u8 => f32::from, true;
            i64 => |v| v as f32, true;
            i32 => |v| v as f32, true;
            i16 => f32::from, true;
            i8 => f32::from, true;
            u64 => |v| v as f32, true;
            u32 => |v| v as f32, true;
            u16 => f32::from, true;
        }
        drop(npy);
        Err(off(format!("values of the kind {kind}"), "numbers"))
    }

    /// A list of names: fixed-width text (`U`, `S`) or Python strings pickled as objects (`O`).
    ///
    /// # Errors
    /// No such array, one that holds no text, or damage.
    pub fn strings(&mut self, name: &str) -> Result<Vec<String>, ImportError> {
        let (path, bytes) = (self.path.clone(), self.entry(name)?);
        let broken = |reason: String| ImportError::Format {
            path: path.clone(),
            expected: "archive of NumPy arrays (.npz)",
            reason: format!("{name}: {reason}"),
        };
        let npy = NpyFile::new(&bytes[..]).map_err(|e| broken(e.to_string()))?;
        let expected = npy.len();
        let kind = npy.dtype().descr();
        let names = if npy.uses_pickled_array() {
            let options = DeOptions::new().replace_unresolved_globals();
            let value = serde_pickle::value_from_reader(npy.into_inner(), options);
            texts(value.map_err(|e| broken(e.to_string()))?)
        } else {
            match npy.try_data::<String>() {
                Ok(reader) => Some(
                    reader.collect::<Result<_, _>>().map_err(|e: std::io::Error| broken(e.to_string()))?,
                ),
                Err(_) => None,
            }
        };
        match names {
            Some(names) if names.len() as u64 == expected => Ok(names),
            Some(names) => Err(broken(format!("{} names instead of {expected}", names.len()))),
            None => Err(ImportError::Values {
                path: path.clone(),
                name: name.into(),
                found: format!("values of the kind {kind}"),
                expected: "text",
            }),
        }
    }

    fn entry(&mut self, name: &str) -> Result<Vec<u8>, ImportError> {
        let found = format!("only {}", self.names().join(", "));
        let mut entry = self.archive.by_name(&format!("{name}.npy")).map_err(|_| ImportError::Missing {
            path: self.path.clone(),
            what: name.into(),
            found,
            remedy: "this is another archive than the one asked for",
        })?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|e| ImportError::Format {
            path: self.path.clone(),
            expected: "archive of NumPy arrays (.npz)",
            reason: format!("{name}: {e}"),
        })?;
        Ok(bytes)
    }
}

/// All values converted, or the file back when it holds another kind.
fn collect<T: Deserialize, R: Read>(
    npy: NpyFile<R>,
    convert: impl Fn(T) -> f32,
) -> Result<std::io::Result<Vec<f32>>, NpyFile<R>> {
    npy.try_data::<T>().map(|values| values.map(|value| value.map(&convert)).collect())
}

/// The strings in a pickled array of objects: its state is `(version, shape, kind, Fortran's order, [items])`.
fn texts(array: Value) -> Option<Vec<String>> {
    let Value::Tuple(mut state) = array else { return None };
    let Some(Value::List(items)) = state.pop() else { return None };
    let text = |item: Value| match item {
        Value::String(text) => Some(text),
        // Written by Python 2.
        Value::Bytes(bytes) => String::from_utf8(bytes).ok(),
        _ => None,
    };
    items.into_iter().map(text).collect()
}

/// An archive under construction; written beside its place and renamed by [`NpzWriter::finish`].
pub struct NpzWriter {
    path: PathBuf,
    temporary: PathBuf,
    archive: ZipWriter<BufWriter<File>>,
}

impl NpzWriter {
    /// Begins an archive.
    ///
    /// # Errors
    /// The disk.
    pub fn create(path: &Path) -> Result<Self, ImportError> {
        let temporary = path.with_extension("partial");
        let file = File::create(&temporary).map_err(ImportError::io(&temporary))?;
        Ok(Self { path: path.into(), temporary, archive: ZipWriter::new(BufWriter::new(file)) })
    }

    /// Adds 32-bit floats of a shape, row-major.
    ///
    /// # Errors
    /// The disk.
    pub fn floats<'a>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = &'a f32>,
    ) -> Result<(), ImportError> {
        self.add(name, shape, values.into_iter().copied())
    }

    /// Adds names as UTF-32 text of the longest one's width.
    ///
    /// # Errors
    /// The disk.
    pub fn strings(&mut self, name: &str, values: &[String]) -> Result<(), ImportError> {
        let width = values.iter().map(|v| v.chars().count()).max().unwrap_or(0).max(1);
        let kind = format!("<U{width}").parse().expect("a kind of text");
        let mut bytes = Cursor::new(Vec::new());
        let written = (|| {
            use npyz::WriterBuilder as _;
            let mut writer = npyz::WriteOptions::new()
                .dtype(npyz::DType::new_scalar(kind))
                .shape(&[values.len() as u64])
                .writer(&mut bytes)
                .begin_nd()?;
            writer.extend(values.iter().map(String::as_str))?;
            writer.finish()
        })();
        written.map_err(ImportError::io(&self.temporary))?;
        self.put(name, &bytes.into_inner())
    }

    fn add(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl Iterator<Item = f32>,
    ) -> Result<(), ImportError> {
        use npyz::WriterBuilder as _;
        let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
        let mut bytes = Cursor::new(Vec::new());
        let written = (|| {
            let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
            let mut writer = options.writer(&mut bytes).begin_nd()?;
            writer.extend(values)?;
            writer.finish()
        })();
        written.map_err(ImportError::io(&self.temporary))?;
        self.put(name, &bytes.into_inner())
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), ImportError> {
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        let started = self.archive.start_file(format!("{name}.npy"), options);
        started.map_err(std::io::Error::from).map_err(ImportError::io(&self.temporary))?;
        self.archive.write_all(bytes).map_err(ImportError::io(&self.temporary))
    }

    /// Closes the archive and puts it in its place.
    ///
    /// # Errors
    /// The disk.
    pub fn finish(self) -> Result<(), ImportError> {
        let file = self.archive.finish().map_err(std::io::Error::from);
        let mut file = file.map_err(ImportError::io(&self.temporary))?;
        file.flush().map_err(ImportError::io(&self.temporary))?;
        std::fs::rename(&self.temporary, &self.path).map_err(ImportError::io(&self.path))
    }
}
