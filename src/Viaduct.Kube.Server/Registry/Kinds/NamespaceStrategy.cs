using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;

namespace Viaduct.Kube.Server.Registry.Kinds;

internal sealed class NamespaceStrategy : ResourceStrategy
{
    public override ResourceType Resource => Namespace.Resource;

    public override string SchemaType => "V1Namespace";

    public override TableDefinition Table => SimpleTables.Namespace;

    public override IReadOnlyList<string> ShortNames => ["ns"];

    public override bool HasStatus => true;

    public override NameRule NameRule => NameRule.Label;

    /// <summary>The finalizer keeps a deleted namespace until its content is gone; the label lets selectors name namespaces.</summary>
    public override void ApplyDefaults(JsonObject value)
    {
        var metadata = value.Ensure("metadata");
        if (metadata.Text("name") is { Length: > 0 } name)
            metadata.Ensure("labels")["kubernetes.io/metadata.name"] = name;
    }

    public override void PrepareForCreate(JsonObject value)
    {
        value.Ensure("spec")["finalizers"] = new JsonArray("kubernetes");
        value["status"] = new JsonObject { ["phase"] = "Active" };
    }

    public override void PrepareForUpdate(JsonObject value, JsonObject old) => value.CopyFrom("spec", old);

    public override Func<JsonElement, string>? FieldSelector(string label) =>
        label == "status.phase" ? ns => ns.TextAt("status", "phase") ?? "" : null;
}
