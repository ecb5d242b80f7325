using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;
using Viaduct.Kube.Server.Registry.Pods;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry.Kinds;

internal sealed class PodStrategy : ResourceStrategy
{
    public override ResourceType Resource => Pod.Resource;

    public override string SchemaType => "V1Pod";

    public override TableDefinition Table => PodTable.Definition;

    public override IReadOnlyList<string> ShortNames => ["po"];

    public override bool IsInAll => true;

    public override bool HasStatus => true;

    public override void ApplyDefaults(JsonObject value)
    {
        if (value.Child("spec") is not { } spec)
            return;
        PodDefaults.Apply(spec);
        spec.Default("enableServiceLinks", true);
        // The real server's admission does the same; the second is the old name of the field.
        spec.Default("serviceAccountName", spec.Text("serviceAccount") ?? "default");
        spec["serviceAccount"] = spec.Text("serviceAccountName");
    }

    public override void PrepareForCreate(JsonObject value)
    {
        var status = new JsonObject { ["phase"] = "Pending" };
        if (value.Child("spec") is { } spec)
        {
            status["qosClass"] = QualityOfService.Of(spec);
            if (spec.Text("nodeName") is { Length: > 0 })
                status["conditions"] = new JsonArray(Scheduled());
        }
        value["status"] = status;
    }

    /// <summary>A pod that gets its node, by a binding or by a patch, is scheduled.</summary>
    public override void PrepareForUpdate(JsonObject value, JsonObject old)
    {
        if (NodeName(old).Length == 0 && NodeName(value).Length > 0)
            MarkScheduled(value);
    }

    public override void Validate(JsonObject value, FieldErrors errors) => PodValidation.Validate("spec", value.Child("spec"), errors);

    public override void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors)
    {
        if (NodeName(old) is { Length: > 0 } node && NodeName(value) != node)
            errors.Invalid("spec.nodeName", NodeName(value), $"field is immutable: the pod is bound to node {node}");
        if (!JsonNode.DeepEquals(Fixed(value), Fixed(old)))
        {
            errors.Forbidden("spec", "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
                "`spec.activeDeadlineSeconds`,`spec.tolerations`,`spec.nodeName` (once)");
        }
    }

    /// <summary>A pod runs under an account of its namespace, so that must be there.</summary>
    public override void Allocate(JsonObject value, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
        var ns = value.Child("metadata")?.Text("namespace") ?? "";
        var account = value.Child("spec")?.Text("serviceAccountName") ?? "";
        if (old is null && transaction.Get(new StoreKey(ServiceAccount.Resource.Qualified(), ns, account)) is null)
        {
            throw StatusErrors.Forbidden(Resource, value.Child("metadata")?.Text("name") ?? "",
                $"error looking up service account {ns}/{account}: serviceaccount \"{account}\" not found");
        }
    }

    /// <summary>Bound pods end on their node first; others have nothing to wait for.</summary>
    public override long GracePeriod(JsonObject value, long? asked)
    {
        var spec = value.Ensure("spec");
        if (NodeName(value).Length == 0 || value.Child("status")?.Text("phase") is "Succeeded" or "Failed")
            return 0;
        var period = asked ?? spec.Number("terminationGracePeriodSeconds") ?? 30;
        return period < 0 ? 1 : period;
    }

    public override Func<JsonElement, string>? FieldSelector(string label) => label switch
    {
        "spec.nodeName" or "spec.restartPolicy" or "spec.schedulerName" or "spec.serviceAccountName" =>
            pod => pod.TextAt("spec", label[5..]) ?? "",
        "spec.hostNetwork" => pod => pod.FlagAt("spec", "hostNetwork") ? "true" : "false",
        "status.phase" or "status.podIP" or "status.nominatedNodeName" => pod => pod.TextAt("status", label[7..]) ?? "",
        _ => null,
    };

    private static string NodeName(JsonObject pod) => pod.Child("spec")?.Text("nodeName") ?? "";

    private static void MarkScheduled(JsonObject pod)
    {
        var status = pod.Ensure("status");
        var others = status.Items("conditions").Where(c => c.Text("type") != "PodScheduled").Select(c => c.DeepClone());
        status["conditions"] = new JsonArray([.. others, Scheduled()]);
    }

    private static JsonObject Scheduled() => new JsonObject
    {
        ["type"] = "PodScheduled",
        ["status"] = "True",
        ["lastTransitionTime"] = ObjectMetaRules.Now(),
    };

    /// <summary>The spec without the fields that may change.</summary>
    private static JsonObject Fixed(JsonObject pod)
    {
        var spec = (JsonObject)(pod.Child("spec")?.DeepClone() ?? new JsonObject());
        foreach (var field in (ReadOnlySpan<string>)["nodeName", "activeDeadlineSeconds", "tolerations", "schedulingGates"])
            spec.Remove(field);
        foreach (var list in (ReadOnlySpan<string>)["containers", "initContainers"])
        {
            foreach (var container in spec.Items(list))
                container.Remove("image");
        }
        return spec;
    }
}
