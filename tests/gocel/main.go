// Judges CEL as kube-apiserver does: reads a list of questions, writes a list of answers.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

type question struct {
	Expression string         `json:"expression,omitempty"`
	Schema     map[string]any `json:"schema,omitempty"`
	Objects    []any          `json:"objects,omitempty"`
	Old        any            `json:"old,omitempty"`
}

type answer struct {
	Error    string    `json:"error,omitempty"`
	Type     string    `json:"type,omitempty"`
	Estimate []uint64  `json:"estimate,omitempty"`
	Value    string    `json:"value,omitempty"`
	Failure  string    `json:"failure,omitempty"`
	Cost     *uint64   `json:"cost,omitempty"`
	Rules    []rule    `json:"rules,omitempty"`
	Verdicts []verdict `json:"verdicts,omitempty"`
}

type rule struct {
	Error        string `json:"error,omitempty"`
	UsesOld      bool   `json:"usesOld,omitempty"`
	Cost         uint64 `json:"cost"`
	Cardinality  uint64 `json:"cardinality"`
	MessageError string `json:"messageError,omitempty"`
	MessageCost  uint64 `json:"messageCost,omitempty"`
}

type verdict struct {
	Errors []string `json:"errors"`
	Cost   int64    `json:"cost"`
}

func main() {
	if len(os.Args) > 1 {
		fmt.Print(declared())
		return
	}
	var questions []question
	asked, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	if err := utiljson.Unmarshal(asked, &questions); err != nil {
		panic(err)
	}
	// Objects hold integers, as objects of a request do.
	raw := []map[string]any{}
	if err := utiljson.Unmarshal(asked, &raw); err != nil {
		panic(err)
	}
	for at := range questions {
		questions[at].Objects, _ = raw[at]["objects"].([]any)
		questions[at].Old = raw[at]["old"]
	}
	answers := []answer{}
	for _, asked := range questions {
		if asked.Schema != nil {
			answers = append(answers, judgeSchema(asked))
		} else {
			answers = append(answers, judgeExpression(asked.Expression))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

func judgeExpression(text string) (found answer) {
	env := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).NewExpressionsEnv()
	ast, issues := env.Compile(text)
	if issues != nil {
		found.Error = issues.String()
		return
	}
	found.Type = ast.OutputType().String()
	estimator := &library.CostEstimator{}
	estimate, err := env.EstimateCost(ast, estimator)
	if err != nil {
		panic(err)
	}
	found.Estimate = []uint64{estimate.Min, estimate.Max}
	program, err := env.Program(ast, cel.CostLimit(celconfig.PerCallLimit), cel.CostTracking(estimator))
	if err != nil {
		found.Error = "program: " + err.Error()
		return
	}
	value, details, err := program.Eval(map[string]any{})
	if details != nil && details.ActualCost() != nil {
		found.Cost = details.ActualCost()
	}
	if err != nil {
		found.Failure = err.Error()
		return
	}
	found.Value = shown(value)
	return
}

func shown(value ref.Val) string {
	switch known := value.(type) {
	case traits.Mapper:
		entries := []string{}
		for at := known.Iterator(); at.HasNext() == types.True; {
			key := at.Next()
			entries = append(entries, shown(key)+": "+shown(known.Get(key)))
		}
		sort.Strings(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	case traits.Lister:
		items := []string{}
		for at := known.Iterator(); at.HasNext() == types.True; {
			items = append(items, shown(at.Next()))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case *types.Optional:
		if !known.HasValue() {
			return "optional.none()"
		}
		return "optional(" + shown(known.GetValue()) + ")"
	case types.String:
		return fmt.Sprintf("%q", string(known))
	case types.Bytes:
		return fmt.Sprintf("bytes(%x)", []byte(known))
	case types.Timestamp, types.Duration:
		return fmt.Sprintf("%s(%s)", value.Type().TypeName(), value.ConvertToType(types.StringType))
	case types.Bool, types.Int, types.Uint, types.Double:
		return fmt.Sprintf("%s(%v)", value.Type().TypeName(), value.Value())
	case types.Null:
		return "null"
	case *types.Type:
		return known.TypeName()
	}
	return value.Type().TypeName() + fmt.Sprintf("(%v)", value.Value())
}

func judgeSchema(asked question) (found answer) {
	raw, _ := json.Marshal(asked.Schema)
	external := &apiextensionsv1.JSONSchemaProps{}
	if err := json.Unmarshal(raw, external); err != nil {
		panic(err)
	}
	internal := &apiextensions.JSONSchemaProps{}
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(external, internal, nil); err != nil {
		panic(err)
	}
	schema, err := structural.NewStructural(internal)
	if err != nil {
		panic(err)
	}
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	declared := model.SchemaDeclType(schema, false)
	results, err := schemacel.Compile(schema, declared, celconfig.PerCallLimit, base, schemacel.NewExpressionsEnvLoader())
	if err != nil {
		panic(err)
	}
	for _, each := range results {
		one := rule{UsesOld: each.UsesOldSelf, Cost: each.MaxCost, Cardinality: each.MaxCardinality, MessageCost: each.MessageExpressionMaxCost}
		if each.Error != nil {
			one.Error = each.Error.Detail
		}
		if each.MessageExpressionError != nil {
			one.MessageError = each.MessageExpressionError.Detail
		}
		found.Rules = append(found.Rules, one)
	}
	validator := schemacel.NewValidator(schema, false, celconfig.PerCallLimit)
	if validator == nil {
		return
	}
	for _, object := range asked.Objects {
		errs, left := validator.Validate(context.Background(), field.NewPath("root"), schema, object, asked.Old, celconfig.RuntimeCELCostBudget)
		one := verdict{Errors: []string{}, Cost: celconfig.RuntimeCELCostBudget - left}
		for _, each := range errs {
			one.Errors = append(one.Errors, each.Error())
		}
		found.Verdicts = append(found.Verdicts, one)
	}
	return
}

// declared returns the functions of rules, one overload a line.
func declared() string {
	env := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).NewExpressionsEnv()
	lines := []string{}
	functions := env.Functions()
	names := []string{}
	for name := range functions {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, overload := range functions[name].OverloadDecls() {
			style := "global"
			if overload.IsMemberFunction() {
				style = "member"
			}
			parts := []string{name, overload.ID(), style, checker.FormatCELType(overload.ResultType())}
			for _, argument := range overload.ArgTypes() {
				parts = append(parts, checker.FormatCELType(argument))
			}
			lines = append(lines, strings.Join(parts, "\t"))
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
