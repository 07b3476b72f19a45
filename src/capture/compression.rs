//! Compressed captures: gzip, zstd, lz4, xz and bzip2, found by content and never by name.

use std::io::{self, BufRead, Read};

/// A compression format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Zstd,
    Lz4,
    Xz,
    Bzip2,
}

/// First bytes of each; zstd's may also be those of a skippable frame (RFC 8878).
const MAGICS: &[(&[u8], Compression)] = &[
    (b"\x1f\x8b\x08", Compression::Gzip),
    (b"\x28\xb5\x2f\xfd", Compression::Zstd),
    (b"\x04\x22\x4d\x18", Compression::Lz4),
    (b"\xfd7zXZ\x00", Compression::Xz),
    (b"BZh", Compression::Bzip2),
];
const SKIPPABLE: (&[u8; 3], u8) = (b"\x2a\x4d\x18", 0x50);

/// What an xz file may have its decoder allocate: a header of a few bytes can ask for 4 GiB, `xz -9` for 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;

impl Compression {
    /// What `start`, the first bytes of a source, is compressed with.
    pub fn detect(start: &[u8]) -> Option<Self> {
        if start.len() >= 4 && start[1..4] == *SKIPPABLE.0 && start[0] & 0xf0 == SKIPPABLE.1 {
            return Some(Self::Zstd);
        }
        MAGICS.iter().find(|(magic, _)| start.starts_with(magic)).map(|&(_, compression)| compression)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        }
    }

    /// What is said where data can not be decompressed further.
    pub fn fault(self, error: &io::Error) -> String {
        format!("the {} data is cut or corrupt here: {error}", self.name())
    }

    /// The bytes that were compressed: of all members, frames or streams, one after the other.
    pub fn decoder<R: BufRead + Send + 'static>(self, input: R) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(input)?),
            Self::Lz4 => Box::new(Lz4Frames(Some(lz4_flex::frame::FrameDecoder::new(input)))),
            Self::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(input, stream))
            }
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
        })
    }
}

/// Frames of lz4, one after the other: the crate's decoder ends with the first.
struct Lz4Frames<R: BufRead>(Option<lz4_flex::frame::FrameDecoder<R>>);

impl<R: BufRead> Read for Lz4Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(decoder) = &mut self.0 else { return Ok(0) };
            let count = decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let mut input = self.0.take().expect("it has just read").into_inner();
            if !input.fill_buf()?.is_empty() {
                self.0 = Some(lz4_flex::frame::FrameDecoder::new(input));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    const ALL: [Compression; 5] = [Compression::Gzip, Compression::Zstd, Compression::Lz4, Compression::Xz, Compression::Bzip2];

    fn compressed(compression: Compression, data: &[u8]) -> Vec<u8> {
        match compression {
            Compression::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(data).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Zstd => zstd::stream::encode_all(data, 1).unwrap(),
            Compression::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(data).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
                encoder.write_all(data).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Bzip2 => {
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                encoder.write_all(data).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    fn decompressed(compression: Compression, data: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        compression.decoder(Cursor::new(data))?.read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn found_by_content_and_read_to_the_end_of_all_parts() {
        let long = vec![7; 300_000];
        let parts: [&[u8]; 3] = [&long, b"", b"and more"];
        for compression in ALL {
            let whole: Vec<u8> = parts.iter().flat_map(|part| compressed(compression, part)).collect();
            assert_eq!(Compression::detect(&whole), Some(compression));
            assert!(decompressed(compression, whole).unwrap() == parts.concat(), "{}", compression.name());
        }
        assert_eq!(Compression::detect(b"\x5a\x2a\x4d\x18"), Some(Compression::Zstd));
        assert_eq!(Compression::detect(b"\xd4\xc3\xb2\xa1"), None);
        assert_eq!(Compression::detect(b"\x1f"), None);
    }

    #[test]
    fn an_xz_header_allocates_no_more_than_it_may() {
        let mut data = compressed(Compression::Xz, b"a capture");
        // The block header begins behind the 12 bytes of the stream's: size, flags, LZMA2, one property byte, checksum.
        assert_eq!(data[12..16], [2, 0, 0x21, 1]);
        for (dictionary, fits) in [(26, true), (40, false)] {
            data[16] = dictionary;
            let mut checksum = flate2::Crc::new();
            checksum.update(&data[12..20]);
            data[20..24].copy_from_slice(&checksum.sum().to_le_bytes());
            let outcome = decompressed(Compression::Xz, data.clone()).map_err(|error| error.to_string());
            assert_eq!(outcome, if fits { Ok(b"a capture".to_vec()) } else { Err("memory limit reached".into()) });
        }
    }

    #[test]
    fn cut_and_changed_data_is_an_error_and_no_panic() {
        let data: Vec<u8> = (0..20_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for compression in ALL {
            let whole = compressed(compression, &data);
            // Not at the very end: lz4 does without its end mark.
            for cut in [5, whole.len() / 2, whole.len() * 9 / 10] {
                assert!(decompressed(compression, whole[..cut].to_vec()).is_err(), "{} cut at {cut}", compression.name());
            }
            for at in (0..whole.len()).step_by(whole.len() / 200 + 1) {
                let mut changed = whole.clone();
                changed[at] ^= 0x41;
                let _ = decompressed(compression, changed);
            }
        }
    }
}
