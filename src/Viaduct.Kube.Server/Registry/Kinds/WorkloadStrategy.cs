using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Registry.Pods;

namespace Viaduct.Kube.Server.Registry.Kinds;

/// <summary>What Deployments and ReplicaSets share: replicas, a selector that never changes, and a pod template that it selects.</summary>
internal abstract class WorkloadStrategy : ResourceStrategy
{
    public override bool IsInAll => true;

    public override bool HasStatus => true;

    public override bool HasScale => true;

    public override bool HasGeneration => true;

    public override void ApplyDefaults(JsonObject value)
    {
        if (value.Child("spec") is not { } spec)
            return;
        spec.Default("replicas", 1);
        if (spec.Child("template")?.Child("spec") is { } pod)
            PodDefaults.Apply(pod);
    }

    public override void PrepareForCreate(JsonObject value) => value["status"] = new JsonObject { ["replicas"] = 0 };

    public override void Validate(JsonObject value, FieldErrors errors)
    {
        if (value.Child("spec") is not { } spec)
        {
            errors.Required("spec");
            return;
        }
        if (spec.Number("replicas") < 0)
            errors.Invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0");
        if (spec.Number("minReadySeconds") < 0)
            errors.Invalid("spec.minReadySeconds", spec["minReadySeconds"], "must be greater than or equal to 0");
        LabelSelectorRules.Validate("spec.selector", spec.Child("selector"), errors);
        ValidateTemplate(spec, errors);
    }

    public override void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors)
    {
        var selector = value.Child("spec")?["selector"];
        if (!JsonNode.DeepEquals(selector, old.Child("spec")?["selector"]))
            errors.Invalid("spec.selector", selector, "field is immutable");
    }

    private static void ValidateTemplate(JsonObject spec, FieldErrors errors)
    {
        if (spec.Child("template") is not { } template)
        {
            errors.Required("spec.template");
            return;
        }
        var metadata = template.Child("metadata") ?? [];
        var labels = metadata.Child("labels") ?? [];
        Names.CheckLabels("spec.template.metadata.labels", metadata, "labels", errors);
        if (spec.Child("selector") is { } selector && !LabelSelectorRules.Matches(selector, labels))
            errors.Invalid("spec.template.metadata.labels", labels.DeepClone(), "`selector` does not match template `labels`");
        PodValidation.Validate("spec.template.spec", template.Child("spec"), errors);
        if (template.Child("spec")?.Text("restartPolicy") is { } policy and not "Always")
            errors.NotSupported("spec.template.spec.restartPolicy", policy, "Always");
    }
}
