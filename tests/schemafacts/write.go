package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"os"
	"sort"
)

// writeSections writes: the index length (4 bytes, big endian), the index (JSON: name to [offset, length]),
// then one zlib stream of JSON for each section, so that a reader inflates only what it needs.
func writeSections(path string, sections map[string]any) error {
	names := make([]string, 0, len(sections))
	for name := range sections {
		names = append(names, name)
	}
	sort.Strings(names)
	index := map[string][2]int{}
	var body bytes.Buffer
	for _, name := range names {
		start := body.Len()
		text, err := json.Marshal(sections[name])
		if err != nil {
			return err
		}
		packer, err := zlib.NewWriterLevel(&body, zlib.BestCompression)
		if err != nil {
			return err
		}
		if _, err := packer.Write(text); err != nil {
			return err
		}
		if err := packer.Close(); err != nil {
			return err
		}
		index[name] = [2]int{start, body.Len() - start}
	}
	head, err := json.Marshal(index)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := binary.Write(&out, binary.BigEndian, uint32(len(head))); err != nil {
		return err
	}
	out.Write(head)
	out.Write(body.Bytes())
	return os.WriteFile(path, out.Bytes(), 0o644)
}
