using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;

namespace Viaduct.Kube.Server.Registry.Kinds;

internal sealed class ConfigMapStrategy : ResourceStrategy
{
    public override ResourceType Resource => ConfigMap.Resource;

    public override string SchemaType => "V1ConfigMap";

    public override TableDefinition Table => SimpleTables.ConfigMap;

    public override IReadOnlyList<string> ShortNames => ["cm"];

    public override void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors) =>
        ImmutableData.Validate(value, old, errors, "data", "binaryData");
}

internal sealed class SecretStrategy : ResourceStrategy
{
    public override ResourceType Resource { get; } = new("", "v1", "secrets", "Secret", true);

    public override string SchemaType => "V1Secret";

    public override TableDefinition Table => SimpleTables.Secret;

    /// <summary>stringData is a convenience for writers: it is merged into data and never stored.</summary>
    public override void ApplyDefaults(JsonObject value)
    {
        value.Default("type", "Opaque");
        foreach (var (key, text) in value.Entries("stringData").ToList())
            value.Ensure("data")[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
        value.Remove("stringData");
    }

    public override void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors)
    {
        if (value.Text("type") != old.Text("type"))
            errors.Invalid("type", value.Text("type"), "field is immutable");
        ImmutableData.Validate(value, old, errors, "data");
    }

    public override Func<JsonElement, string>? FieldSelector(string label) =>
        label == "type" ? secret => secret.TextAt("type") ?? "" : null;
}

internal static class ImmutableData
{
    /// <summary>Holds what the writer declared immutable.</summary>
    public static void Validate(JsonObject value, JsonObject old, FieldErrors errors, params ReadOnlySpan<string> fields)
    {
        if (!old.Flag("immutable"))
            return;
        if (!value.Flag("immutable"))
            errors.Forbidden("immutable", "field is immutable when `immutable` is set");
        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(value[field], old[field]))
                errors.Forbidden(field, "field is immutable when `immutable` is set");
        }
    }
}

internal sealed class ServiceAccountStrategy : ResourceStrategy
{
    public override ResourceType Resource => ServiceAccount.Resource;

    public override string SchemaType => "V1ServiceAccount";

    public override TableDefinition Table => SimpleTables.ServiceAccount;

    public override IReadOnlyList<string> ShortNames => ["sa"];
}

internal sealed class LeaseStrategy : ResourceStrategy
{
    public override ResourceType Resource { get; } = new("coordination.k8s.io", "v1", "leases", "Lease", true);

    public override string SchemaType => "V1Lease";

    public override TableDefinition Table => SimpleTables.Lease;
}

internal sealed class EventStrategy : ResourceStrategy
{
    public override ResourceType Resource => Event.Resource;

    public override string SchemaType => "Corev1Event";

    public override TableDefinition Table => SimpleTables.Event;

    public override IReadOnlyList<string> ShortNames => ["ev"];

    public override void Validate(JsonObject value, FieldErrors errors)
    {
        var about = value.Child("involvedObject");
        if (about is null)
            errors.Required("involvedObject");
        else if (about.Text("namespace") is { Length: > 0 } ns && ns != value.Child("metadata")?.Text("namespace"))
            errors.Invalid("involvedObject.namespace", ns, "does not match event.namespace");
    }

    public override Func<JsonElement, string>? FieldSelector(string label) => label switch
    {
        "involvedObject.kind" or "involvedObject.namespace" or "involvedObject.name" or "involvedObject.uid" or
        "involvedObject.apiVersion" or "involvedObject.resourceVersion" or "involvedObject.fieldPath" =>
            ev => ev.TextAt("involvedObject", label["involvedObject.".Length..]) ?? "",
        "reason" or "type" or "reportingComponent" => ev => ev.TextAt(label) ?? "",
        "source" => ev => ev.TextAt("source", "component") ?? ev.TextAt("reportingComponent") ?? "",
        _ => null,
    };
}
