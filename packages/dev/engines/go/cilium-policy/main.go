// Command cilium-policy answers what Cilium's own policy code makes of policies: one JSON question a line on standard input,
// one JSON answer a line on standard output. Everything is decided by Cilium's packages; here is only what the agent's daemon
// does around them: identities get the labels that the agent would give them.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/cilium/cilium/pkg/labelsfilter"
)

const lineBytesMax = 16 << 20

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Printf("cilium-policy %s\n", ciliumVersion())
		return
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cilium-policy:", err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	logger := slog.New(slog.DiscardHandler)
	if err := labelsfilter.ParseLabelPrefixCfg(logger, nil, nil, ""); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<16), lineBytesMax)
	writer := bufio.NewWriter(out)
	encoder := json.NewEncoder(writer)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return fmt.Errorf("question: %w", err)
		}
		if err := encoder.Encode(answerTo(logger, q)); err != nil {
			return err
		}
		if err := writer.Flush(); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func ciliumVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/cilium/cilium" {
			return module.Version
		}
	}
	return "unknown"
}
