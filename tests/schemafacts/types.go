package main

import (
	"log"
	"reflect"
	"sort"
	"strconv"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	aggregator "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

const (
	omitEmpty = 1
	required  = 2
	omitZero  = 4
)

// opaque types have a JSON form of their own; their fields are nobody's business.
var opaque = map[string]bool{
	"Time": true, "MicroTime": true, "Duration": true, "Quantity": true, "IntOrString": true, "RawExtension": true,
	"FieldsV1": true, "JSON": true, "JSONSchemaPropsOrBool": true, "JSONSchemaPropsOrArray": true,
	"JSONSchemaPropsOrStringArray": true, "Verbs": true, "ExtraValue": true,
}

type collector struct {
	spec *specFacts
	done map[reflect.Type]string
	// sections: definition prefix ("io.k8s.api.core.v1") to type name to row.
	sections map[string]map[string]any
}

// collectTypes returns, per definition prefix, type rows [Go name, [[json, number, Go type, flags, extras]...], extras].
func collectTypes(spec *specFacts) map[string]any {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, apiextensions.AddToScheme, aggregator.AddToScheme} {
		if err := add(all); err != nil {
			log.Fatal(err)
		}
	}
	c := &collector{spec, map[reflect.Type]string{}, map[string]map[string]any{}}
	kinds := map[string]string{}
	for gvk, t := range all.AllKnownTypes() {
		stable := !strings.ContainsAny(gvk.Version, "ab") && gvk.Version != runtime.APIVersionInternal
		if !stable || gvk.Group == "imagepolicy.k8s.io" {
			continue
		}
		kinds[gvk.Group+"/"+gvk.Version+"/"+gvk.Kind] = c.visit(t)
	}
	out := map[string]any{"kinds": kinds}
	for prefix, types := range c.sections {
		out[prefix] = types
	}
	return out
}

func definitionName(t reflect.Type) string {
	parts := strings.SplitN(t.PkgPath(), "/", 2)
	host := strings.Split(parts[0], ".")
	for i, j := 0, len(host)-1; i < j; i, j = i+1, j-1 {
		host[i], host[j] = host[j], host[i]
	}
	return strings.Join(host, ".") + "." + strings.ReplaceAll(parts[1], "/", ".") + "." + t.Name()
}

func functionName(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	if len(parts) > 4 {
		parts = parts[len(parts)-4:]
	}
	name := strings.NewReplacer(".", "", "-", "_").Replace(strings.Join(parts, "_"))
	return name + "_" + t.Name()
}

// visit records a struct type once and returns its definition name.
func (c *collector) visit(t reflect.Type) string {
	if name, ok := c.done[t]; ok {
		return name
	}
	name := definitionName(t)
	c.done[t] = name
	definition := c.spec.definitions[name]
	rows := []any{}
	if !opaque[t.Name()] {
		c.fields(t, definition, functionName(t), &rows)
	}
	dot := strings.LastIndex(name, ".")
	if c.sections[name[:dot]] == nil {
		c.sections[name[:dot]] = map[string]any{}
	}
	c.sections[name[:dot]][t.Name()] = []any{t.String(), rows, typeExtras(definition)}
	return name
}

func typeExtras(definition definition) map[string]any {
	extras := map[string]any{}
	for key, value := range definition {
		if key != "description" && key != "properties" && key != "required" {
			extras[key] = value
		}
	}
	return extras
}

func (c *collector) fields(t reflect.Type, definition definition, function string, rows *[]any) {
	properties, _ := definition["properties"].(map[string]any)
	needed := map[string]bool{}
	list, _ := definition["required"].([]any)
	for _, name := range list {
		needed[name.(string)] = true
	}
	for i := range t.NumField() {
		field := t.Field(i)
		tag := strings.Split(field.Tag.Get("json"), ",")
		if tag[0] == "-" || !field.IsExported() {
			continue
		}
		if field.Anonymous && tag[0] == "" {
			c.inline(field, definition, function, rows)
			continue
		}
		flags := 0
		for _, option := range tag[1:] {
			switch option {
			case "omitempty":
				flags |= omitEmpty
			case "omitzero":
				flags |= omitZero
			}
		}
		if needed[tag[0]] {
			flags |= required
		}
		property, _ := properties[tag[0]].(map[string]any)
		*rows = append(*rows, []any{tag[0], protoNumber(field), c.expression(field.Type), flags, c.extras(property, function, tag[0])})
	}
}

// inline flattens an embedded struct. Those with a protobuf number are a message of their own on the wire
// (VolumeSource, Handler): their fields get that number as a prefix, "1.".
func (c *collector) inline(field reflect.StructField, definition definition, function string, rows *[]any) {
	inner := []any{}
	t := field.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	c.fields(t, definition, function, &inner)
	number := protoNumber(field)
	for _, row := range inner {
		cells := row.([]any)
		if number != "" && t.Name() != "TypeMeta" {
			cells[1] = number + "." + cells[1].(string)
		} else if t.Name() == "TypeMeta" {
			// The envelope carries apiVersion and kind; DeleteOptions and Scale bodies leave them out.
			cells[1] = ""
		}
		*rows = append(*rows, cells)
	}
}

func protoNumber(field reflect.StructField) string {
	parts := strings.Split(field.Tag.Get("protobuf"), ",")
	if len(parts) < 2 {
		return ""
	}
	if _, err := strconv.Atoi(parts[1]); err != nil {
		return ""
	}
	return parts[1]
}

func (c *collector) extras(property map[string]any, function, name string) map[string]any {
	extras := map[string]any{}
	for key, value := range property {
		switch {
		case key == "default", strings.HasPrefix(key, "x-kubernetes-"):
			extras[strings.TrimPrefix(key, "x-kubernetes-")] = value
		case key == "items":
			if items, ok := value.(map[string]any); ok && items["default"] != nil {
				extras["items-default"] = items["default"]
			}
		case key == "format":
			extras["format"] = value
		case key == "additionalProperties":
			if values, ok := value.(map[string]any); ok && values["default"] != nil {
				extras["values-default"] = values["default"]
			}
		}
	}
	if property == nil {
		extras["hidden"] = true
	}
	if values := c.spec.enums[function][name]; values != nil {
		sort.Strings(values)
		extras["enum"] = values
	}
	if values := c.spec.itemEnums[function][name]; values != nil {
		sort.Strings(values)
		extras["items-enum"] = values
	}
	return extras
}

// expression writes a Go type in a small language: "*" pointer, "[]" list, "{}" map with string keys, then a scalar
// ("string", "~v1.Protocol=string" when named), "bytes", or "#definition" for a struct or opaque type.
func (c *collector) expression(t reflect.Type) string {
	if opaque[t.Name()] {
		return "#" + c.visit(t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + c.expression(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + c.expression(t.Elem())
	case reflect.Map:
		return "{}" + c.expression(t.Elem())
	case reflect.Struct:
		return "#" + c.visit(t)
	case reflect.Interface:
		return "any"
	}
	if t.PkgPath() != "" {
		return "~" + t.String() + "=" + t.Kind().String()
	}
	return t.Kind().String()
}
