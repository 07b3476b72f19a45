//! A file that shrinks after it was opened is a cut file, whatever thread notices it.

use std::fs::OpenOptions;
use std::io::Write;

use pcapframe::capture::Source;
use pcapframe::columns::scratch::Plan;
use pcapframe::read::{Options, Unwatched, read};

const HEADER: [u8; 24] = *b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0";
const RECORD: [u8; 26] = *b"\x01\0\0\0\0\0\0\0\x0a\0\0\0\x0a\0\0\0..........";
const RECORDS: u64 = 400_000;

#[test]
fn shrunk_file_keeps_whole_packets() {
    let path = std::env::temp_dir().join(format!("pcapframe-shrink-{}.pcap", std::process::id()));
    // At the end of a record, inside one, inside the header of one, and to nothing but the file header.
    for (length, whole) in [(24 + 26 * 1000, 1000), (24 + 26 * 300_000 + 20, 300_000), (24 + 26 * 7 + 3, 7), (24, 0)] {
        for threads in [1, 2, 3] {
            let mut bytes = HEADER.to_vec();
            (0..RECORDS).for_each(|_| bytes.extend(RECORD));
            std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
            let source = Source::open(&path).unwrap();
            OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();

            let options = Options { threads, ..Options::new(Plan::new(vec![0, 1])) };
            let reading = read(&source, &options, &mut Unwatched).unwrap();

            assert_eq!(reading.frame.rows(), whole);
            let fault = reading.about.fault.expect("the file ends before it should");
            assert_eq!((fault.offset, fault.packets), (24 + 26 * whole as u64, whole as u64));
        }
    }
    std::fs::remove_file(&path).unwrap();
}
