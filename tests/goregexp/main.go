// Judge patterns by Go's regexp: questions in JSON on standard input, answers in JSON on standard output.
package main

import (
	"encoding/json"
	"log"
	"os"
	"regexp"
	"strings"
)

type questions struct {
	Subjects []string `json:"subjects"`
	Text     string   `json:"text"`
	Patterns []string `json:"patterns"`
}

// An answer holds the error, or else a mark for each subject ("1" matches) and what FindAllString finds in the text.
type answer struct {
	Error string   `json:"error,omitempty"`
	Marks string   `json:"marks,omitempty"`
	Found []string `json:"found,omitempty"`
}

func judged(pattern string, asked questions) answer {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return answer{Error: err.Error()}
	}
	var marks strings.Builder
	for _, subject := range asked.Subjects {
		mark := byte('0')
		if compiled.MatchString(subject) {
			mark = '1'
		}
		marks.WriteByte(mark)
	}
	return answer{Marks: marks.String(), Found: compiled.FindAllString(asked.Text, -1)}
}

func main() {
	var asked questions
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	answers := make([]answer, len(asked.Patterns))
	for place, pattern := range asked.Patterns {
		answers[place] = judged(pattern, asked)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
