#:package KubernetesClient@21.0.8
#:property PublishAot=false
#:property ManagePackageVersionsCentrally=false
#:property TreatWarningsAsErrors=false
#:property GenerateDocumentationFile=false

// Writes the schema of the Kubernetes kinds that the embedded API server serves: every field that a body may hold, and its type.
// The types are read from the model classes of the KubernetesClient package, which are generated from the API's own description.
//
//     dotnet run eng/generate-schema.cs src/Viaduct.Kube.Server/Schema/kubernetes.schema
//
// A new kind: add its model class to the roots below and run it again.

using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using k8s.Models;

Type[] roots =
[
    typeof(V1Namespace), typeof(V1Node), typeof(V1Pod), typeof(V1Service), typeof(V1Endpoints), typeof(V1EndpointSlice),
    typeof(V1Deployment), typeof(V1ReplicaSet), typeof(V1ConfigMap), typeof(V1Secret), typeof(V1ServiceAccount),
    typeof(Corev1Event), typeof(Eventsv1Event), typeof(V1Lease), typeof(V1Binding), typeof(V1Scale), typeof(V1DeleteOptions),
];

var types = new SortedDictionary<string, Type>(StringComparer.Ordinal);
foreach (var type in roots)
    Collect(type);

using var output = new StreamWriter(args[0]) { NewLine = "\n" };
output.WriteLine("# Fields and types of the Kubernetes API kinds served here, read from the KubernetesClient 21.0.8 models.");
output.WriteLine("# Made by: dotnet run eng/generate-schema.cs src/Viaduct.Kube.Server/Schema/kubernetes.schema");
output.WriteLine("# A line without indentation: a type and its name in error sentences. Below it: a field and its type;");
output.WriteLine("# [] before a type is a list, {} a map with string keys.");
foreach (var (name, type) in types)
{
    output.WriteLine($"{name} {GoName(name)}");
    foreach (var (field, property) in Fields(type))
        output.WriteLine($"  {field} {TypeName(property.PropertyType)}");
}

void Collect(Type type)
{
    types[type.Name] = type;
    foreach (var (_, property) in Fields(type))
    {
        var element = Element(property.PropertyType);
        if (IsModel(element) && !types.ContainsKey(element.Name))
            Collect(element);
    }
}

static IEnumerable<(string Name, PropertyInfo Property)> Fields(Type type) =>
    type.GetProperties()
        .Select(p => (Name: p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name, Property: p))
        .Where(f => f.Name is not null)
        .Select(f => (f.Name!, f.Property))
        .OrderBy(f => f.Item1, StringComparer.Ordinal);

static Type Element(Type type)
{
    type = Nullable.GetUnderlyingType(type) ?? type;
    return type.IsGenericType ? Element(type.GetGenericArguments()[^1]) : type;
}

static bool IsModel(Type type) =>
    type.Namespace == "k8s.Models" && type != typeof(IntOrString) && type != typeof(ResourceQuantity);

static string TypeName(Type type)
{
    type = Nullable.GetUnderlyingType(type) ?? type;
    if (type.IsGenericType)
        return (type.GetGenericTypeDefinition() == typeof(IDictionary<,>) ? "{}" : "[]") + TypeName(type.GetGenericArguments()[^1]);
    return type switch
    {
        _ when type == typeof(string) => "string",
        _ when type == typeof(int) => "int32",
        _ when type == typeof(long) => "int64",
        _ when type == typeof(bool) => "bool",
        _ when type == typeof(double) => "float64",
        _ when type == typeof(DateTime) => "time",
        _ when type == typeof(byte[]) => "bytes",
        _ when type == typeof(IntOrString) => "intOrString",
        _ when type == typeof(ResourceQuantity) => "quantity",
        _ when type == typeof(object) => "any",
        _ when IsModel(type) => type.Name,
        _ => throw new NotSupportedException($"The generator does not know the type {type}."),
    };
}

// The API's own name of a type: V1ServicePort and Corev1EndpointPort are ServicePort and EndpointPort there.
static string GoName(string name) => Regex.Replace(name, "^([A-Z][a-z]+v1|V1)(?=[A-Z])", "");
