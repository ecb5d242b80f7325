#:package KubernetesClient@21.0.8
#:property PublishAot=false
#:property ManagePackageVersionsCentrally=false
#:property TreatWarningsAsErrors=false
#:property GenerateDocumentationFile=false

// Writes the schema of the Kubernetes kinds that the embedded API server serves: every field that a body may hold, its type, and its
// number in protobuf, which kubectl create sends. The types are read from the model classes of the KubernetesClient package, which are
// generated from the API's own description; the numbers from the protobuf descriptors inside a kubectl binary (1.33 or older).
//
//     dotnet run eng/generate-schema.cs src/Viaduct.Kube.Server/Schema/kubernetes.schema /usr/bin/kubectl
//
// A new kind: add its model class to the roots below and run it again.

using System.IO.Compression;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using k8s.Models;

Type[] roots =
[
    typeof(V1Namespace), typeof(V1Node), typeof(V1Pod), typeof(V1Service), typeof(V1Endpoints), typeof(V1EndpointSlice),
    typeof(V1Deployment), typeof(V1ReplicaSet), typeof(V1ConfigMap), typeof(V1Secret), typeof(V1ServiceAccount),
    typeof(Corev1Event), typeof(Eventsv1Event), typeof(V1Lease), typeof(V1ServiceCIDR), typeof(V1Binding), typeof(V1Scale), typeof(V1DeleteOptions),
];

var types = new SortedDictionary<string, Type>(StringComparer.Ordinal);
foreach (var type in roots)
    Collect(type);
var messages = Descriptors.Read(File.ReadAllBytes(args[1]));

using var output = new StreamWriter(args[0]) { NewLine = "\n" };
output.WriteLine("# Fields and types of the Kubernetes API kinds served here, read from the KubernetesClient 21.0.8 models,");
output.WriteLine("# and their numbers in protobuf, read from kubectl 1.32.4.");
output.WriteLine("# Made by: dotnet run eng/generate-schema.cs src/Viaduct.Kube.Server/Schema/kubernetes.schema /usr/bin/kubectl");
output.WriteLine("# A line without indentation: a type and its name in error sentences. Below it: a field, its type and its number;");
output.WriteLine("# [] before a type is a list, {} a map with string keys; 2.1 is field 1 of the message in field 2, which JSON writes inline.");
foreach (var (name, type) in types)
{
    output.WriteLine($"{name} {GoName(name)}");
    var numbers = Numbers(name, Fields(type).Select(f => f.Name).ToHashSet());
    foreach (var (field, property) in Fields(type))
        output.WriteLine($"  {field} {TypeName(property.PropertyType)} {numbers.GetValueOrDefault(field)}".TrimEnd());
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

// The message of the same name that has the most fields in common: names are unique within a group only.
Dictionary<string, string> Numbers(string name, HashSet<string> fields)
{
    var group = Regex.Match(name, "^([A-Z][a-z]+)v1").Groups[1].Value.ToLowerInvariant();
    var candidates = messages.Values.Where(m => m.Name.EndsWith("." + GoName(name), StringComparison.Ordinal) && m.Name.Contains($"{group}.v1.", StringComparison.Ordinal));
    var best = candidates.MaxBy(m => m.Fields.Count(f => fields.Contains(f.Name)));
    var numbers = new Dictionary<string, string>();
    // apiVersion and kind stand in the envelope.
    foreach (var field in best?.Fields ?? [])
    {
        if (fields.Contains(field.Name))
            numbers[field.Name] = $"{field.Number}";
        else if (messages.TryGetValue(field.Type, out var inline))
        {
            foreach (var part in inline.Fields.Where(p => fields.Contains(p.Name)))
                numbers[part.Name] = $"{field.Number}.{part.Number}";
        }
    }
    return numbers;
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

record ProtoField(string Name, int Number, string Type);

record ProtoMessage(string Name, List<ProtoField> Fields);

/// <summary>Reads the gzipped FileDescriptorProtos that Go programs carry (google/protobuf/descriptor.proto).</summary>
static class Descriptors
{
    public static Dictionary<string, ProtoMessage> Read(byte[] binary)
    {
        var messages = new Dictionary<string, ProtoMessage>(StringComparer.Ordinal);
        ReadOnlySpan<byte> magic = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
        for (var at = 0; ;)
        {
            var next = binary.AsSpan(at).IndexOf(magic);
            if (next < 0)
                return messages;
            at += next;
            if (Unzip(binary, at) is { Length: > 0 } file)
                ReadFile(file, messages);
            at += magic.Length;
        }
    }

    static byte[] Unzip(byte[] binary, int at)
    {
        try
        {
            using var zip = new GZipStream(new MemoryStream(binary, at, Math.Min(1 << 20, binary.Length - at)), CompressionMode.Decompress);
            var plain = new byte[1 << 18];
            var count = zip.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false);
            return count < plain.Length ? plain[..count] : [];
        }
        catch (InvalidDataException)
        {
            return []; // Something else that begins like gzip.
        }
    }

    static void ReadFile(byte[] file, Dictionary<string, ProtoMessage> messages)
    {
        // The name stands first: field 1, up to 127 bytes.
        var name = file.Length > 2 && file[0] == 0x0a && file[1] < 0x80 ? Encoding.Latin1.GetString(file, 2, Math.Min(file[1], file.Length - 2)) : "";
        if (!Regex.IsMatch(name, @"^k8s\.io/(api/(core|apps|discovery|events|coordination|autoscaling)/v1|apimachinery/pkg/apis/meta/v1)/generated\.proto$"))
            return;
        var fields = Fields(file).ToList();
        foreach (var (_, _, message) in fields.Where(f => f.Number == 4))
        {
            var parts = Fields(message).ToList();
            var full = $"{Text(fields, 2)}.{Text(parts, 1)}";
            messages[full] = new ProtoMessage(full, [.. parts.Where(p => p.Number == 2).Select(p => ReadField(Fields(p.Data).ToList()))]);
        }
    }

    static ProtoField ReadField(List<(int Number, long Value, byte[] Data)> parts) =>
        new(Text(parts, 1), (int)parts.First(p => p.Number == 3).Value, Text(parts, 6).TrimStart('.'));

    static string Text(List<(int Number, long Value, byte[] Data)> parts, int number) =>
        Encoding.UTF8.GetString(parts.FirstOrDefault(p => p.Number == number).Data ?? []);

    static IEnumerable<(int Number, long Value, byte[] Data)> Fields(byte[] data)
    {
        for (var at = 0; at < data.Length;)
        {
            var tag = Varint(data, ref at);
            long value = 0;
            byte[] bytes = [];
            switch (tag & 7)
            {
                case 0:
                    value = Varint(data, ref at);
                    break;
                case 2:
                    var length = (int)Varint(data, ref at);
                    bytes = data[at..(at + length)];
                    at += length;
                    break;
                default:
                    throw new InvalidDataException($"A descriptor has the wire type {tag & 7}.");
            }
            yield return ((int)(tag >> 3), value, bytes);
        }
    }

    static long Varint(byte[] data, ref int at)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = data[at++];
            value |= (long)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
