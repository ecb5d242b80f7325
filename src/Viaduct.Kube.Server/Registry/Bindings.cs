using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Server.Registry;

/// <summary>The subresource <c>binding</c>: a scheduler's decision about a pod.</summary>
internal static class Bindings
{
    public static ResourceType Resource { get; } = new("", "v1", "bindings", "Binding", true);

    public static JsonObject Apply(JsonObject pod, JsonObject binding)
    {
        var name = pod.Ensure("metadata").Text("name") ?? "";
        if (binding.Child("target")?.Text("name") is not { Length: > 0 } node)
            throw StatusErrors.Invalid(Resource, name, [new StatusCause { Field = "target.name", Reason = "FieldValueRequired", Message = "Required value" }]);
        if (pod.Ensure("spec").Text("nodeName") is { Length: > 0 } current)
            throw StatusErrors.Conflict(Resource with { Plural = "pods/binding" }, name, $"pod {name} is already assigned to node \"{current}\"");
        if (pod.Ensure("metadata").Text("deletionTimestamp") is not null)
            throw StatusErrors.Conflict(Resource with { Plural = "pods/binding" }, name, $"pod {name} is being deleted, cannot be assigned to a host");
        pod.Ensure("spec")["nodeName"] = node;
        return pod;
    }
}
