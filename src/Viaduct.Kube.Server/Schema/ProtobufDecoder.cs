using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Schema;

/// <summary>
/// Makes JSON of the protobuf bodies that Go clients send, such as <c>kubectl create</c>: the four bytes "k8s\0", then a
/// runtime.Unknown with the kind and the message (apimachinery pkg/runtime/serializer/protobuf).
/// </summary>
internal sealed class ProtobufDecoder(KubernetesSchema schema)
{
    /// <summary>
    /// Fields that are pointers in Go, so that their zero was written on purpose. Of all others a zero means absent: Go writes it always.
    /// </summary>
    private static readonly FrozenSet<string> Optional = FrozenSet.Create(StringComparer.Ordinal,
        "activeDeadlineSeconds", "allocateLoadBalancerNodePorts", "allowPrivilegeEscalation", "automountServiceAccountToken", "blockOwnerDeletion", "controller",
        "defaultMode", "enableServiceLinks", "fsGroup", "gracePeriodSeconds", "hostUsers", "immutable", "mode", "optional", "orphanDependents", "privileged",
        "progressDeadlineSeconds", "readOnlyRootFilesystem", "ready", "replicas", "revisionHistoryLimit", "runAsGroup", "runAsNonRoot", "runAsUser", "serving",
        "setHostnameAsFQDN", "shareProcessNamespace", "terminating", "terminationGracePeriodSeconds", "tolerationSeconds");

    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    public JsonObject Decode(ReadOnlySpan<byte> body, string typeName)
    {
        if (!body.StartsWith(Magic))
            throw new ProtobufException("a protobuf body of the Kubernetes API begins with the bytes k8s and zero");
        var (apiVersion, kind) = ("", "");
        ReadOnlySpan<byte> message = default;
        var envelope = new ProtobufReader(body[Magic.Length..]);
        while (envelope.Read())
        {
            if (envelope.Number == 1)
                (apiVersion, kind) = ReadTypeMeta(envelope.Bytes);
            else if (envelope.Number == 2)
                message = envelope.Bytes;
        }
        var value = ReadObject(message, schema[typeName]);
        value["apiVersion"] = apiVersion;
        value["kind"] = kind;
        return value;
    }

    private static (string ApiVersion, string Kind) ReadTypeMeta(ReadOnlySpan<byte> message)
    {
        var (apiVersion, kind) = ("", "");
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Number == 1)
                apiVersion = Text(reader.Bytes);
            else if (reader.Number == 2)
                kind = Text(reader.Bytes);
        }
        return (apiVersion, kind);
    }

    private JsonObject ReadObject(ReadOnlySpan<byte> message, ObjectType type)
    {
        var result = new JsonObject();
        ReadFields(message, type, 0, result);
        return result;
    }

    private void ReadFields(ReadOnlySpan<byte> message, ObjectType type, int outer, JsonObject result)
    {
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            var number = outer == 0 ? new FieldNumber(reader.Number, 0) : new FieldNumber(outer, reader.Number);
            if (type.Numbers.TryGetValue(number, out var name))
                ReadField(ref reader, name, type.Fields[name], result);
            else if (outer == 0 && !reader.Bytes.IsEmpty)
                ReadFields(reader.Bytes, type, reader.Number, result); // An embedded message, or a field that is newer than the schema.
        }
    }

    private void ReadField(ref ProtobufReader reader, string name, FieldType type, JsonObject result)
    {
        switch (type.Kind)
        {
            case FieldKind.List:
                if (result[name] is not JsonArray list)
                    result[name] = list = [];
                list.Add(ReadValue(ref reader, type.Element!));
                break;
            case FieldKind.Map:
                ReadEntry(reader.Bytes, type.Element!, result.Ensure(name));
                break;
            default:
                var value = ReadValue(ref reader, type);
                if (value is not null && (Optional.Contains(name) || !IsZero(value)))
                    result[name] = value;
                break;
        }
    }

    private void ReadEntry(ReadOnlySpan<byte> entry, FieldType element, JsonObject map)
    {
        var key = "";
        JsonNode? value = null;
        var reader = new ProtobufReader(entry);
        while (reader.Read())
        {
            if (reader.Number == 1)
                key = Text(reader.Bytes);
            else if (reader.Number == 2)
                value = ReadValue(ref reader, element);
        }
        map[key] = value ?? "";
    }

    private JsonNode? ReadValue(ref ProtobufReader reader, FieldType type) => type.Kind switch
    {
        FieldKind.String => JsonValue.Create(Text(reader.Bytes)),
        FieldKind.Bool => JsonValue.Create(reader.Value != 0),
        FieldKind.Int32 or FieldKind.Int64 => JsonValue.Create((long)reader.Value),
        FieldKind.Float64 => JsonValue.Create(BitConverter.UInt64BitsToDouble(reader.Value)),
        FieldKind.Bytes => JsonValue.Create(Convert.ToBase64String(reader.Bytes)),
        FieldKind.Time => ReadTime(reader.Bytes),
        FieldKind.Quantity => JsonValue.Create(Text(First(reader.Bytes, 1))),
        FieldKind.IntOrString => ReadIntOrString(reader.Bytes),
        FieldKind.Any => JsonNode.Parse(First(reader.Bytes, 1)),
        _ => ReadObject(reader.Bytes, schema[type.TypeName!]),
    };

    /// <summary>Seconds and nanoseconds; the empty message is the zero time, which means absent.</summary>
    private static JsonValue? ReadTime(ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty)
            return null;
        var (seconds, nanos) = (0L, 0L);
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Number == 1)
                seconds = (long)reader.Value;
            else if (reader.Number == 2)
                nanos = (long)reader.Value;
        }
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanos / 100).UtcDateTime;
        return JsonValue.Create(time.ToString(nanos == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    }

    private static JsonValue ReadIntOrString(ReadOnlySpan<byte> message)
    {
        var (isText, number, text) = (false, 0L, "");
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Number == 1)
                isText = reader.Value == 1;
            else if (reader.Number == 2)
                number = (long)reader.Value;
            else if (reader.Number == 3)
                text = Text(reader.Bytes);
        }
        return isText ? JsonValue.Create(text) : JsonValue.Create(number);
    }

    private static ReadOnlySpan<byte> First(ReadOnlySpan<byte> message, int number)
    {
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Number == number)
                return reader.Bytes;
        }
        return default;
    }

    private static bool IsZero(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>().Length == 0,
        JsonValueKind.Number => value.ToNumber() == 0,
        JsonValueKind.False => true,
        _ => false,
    };

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
