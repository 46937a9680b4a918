// The texts and formulas of a spreadsheet, read without a library: a .xlsx file is a zip archive of XML files.
import { inflateRawSync } from "node:zlib";

/// The files of a zip archive by name.
function unzip(bytes) {
  const files = {};
  let at = bytes.lastIndexOf(Buffer.from("PK\x05\x06"));
  const count = bytes.readUInt16LE(at + 10);
  at = bytes.readUInt32LE(at + 16);
  for (let i = 0; i < count; i++) {
    const [method, size, name, extra, note, start] = [
      bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42),
    ];
    const data = start + 30 + bytes.readUInt16LE(start + 26) + bytes.readUInt16LE(start + 28);
    const raw = bytes.subarray(data, data + size);
    files[bytes.toString("utf8", at + 46, at + 46 + name)] = (method === 8 ? inflateRawSync(raw) : raw).toString("utf8");
    at += 46 + name + extra + note;
  }
  return files;
}

const plain = (xml) => xml.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");

/// Every text of the workbook, and how many cells of its first sheet are formulas.
export function workbook(bytes) {
  const files = unzip(bytes);
  const texts = [...(files["xl/sharedStrings.xml"] || "").matchAll(/<t[^>]*>([^<]*)<\/t>/g)].map((match) => plain(match[1]));
  return { texts, formulas: (files["xl/worksheets/sheet1.xml"].match(/<f[ >]/g) || []).length };
}
