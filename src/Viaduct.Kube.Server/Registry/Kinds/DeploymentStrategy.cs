using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;

namespace Viaduct.Kube.Server.Registry.Kinds;

internal sealed class DeploymentStrategy : WorkloadStrategy
{
    public override ResourceType Resource => Deployment.Resource;

    public override string SchemaType => "V1Deployment";

    public override TableDefinition Table => WorkloadTables.Deployment;

    public override IReadOnlyList<string> ShortNames => ["deploy"];

    public override void ApplyDefaults(JsonObject value)
    {
        base.ApplyDefaults(value);
        if (value.Child("spec") is not { } spec)
            return;
        spec.Default("revisionHistoryLimit", 10);
        spec.Default("progressDeadlineSeconds", 600);
        var strategy = spec.Ensure("strategy");
        strategy.Default("type", "RollingUpdate");
        if (strategy.Text("type") != "RollingUpdate")
            return;
        strategy.Ensure("rollingUpdate").Default("maxUnavailable", "25%");
        strategy.Ensure("rollingUpdate").Default("maxSurge", "25%");
    }

    public override void PrepareForCreate(JsonObject value) => value["status"] = new JsonObject();

    public override void Validate(JsonObject value, FieldErrors errors)
    {
        base.Validate(value, errors);
        if (value.Child("spec")?.Child("strategy") is { } strategy)
            ValidateStrategy(strategy, errors);
    }

    private static void ValidateStrategy(JsonObject strategy, FieldErrors errors)
    {
        switch (strategy.Text("type"))
        {
            case "Recreate":
                if (strategy.Child("rollingUpdate") is not null)
                    errors.Forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
                break;
            case "RollingUpdate":
                ValidateRollingUpdate(strategy.Ensure("rollingUpdate"), errors);
                break;
            case var unknown:
                errors.NotSupported("spec.strategy.type", unknown, "Recreate", "RollingUpdate");
                break;
        }
    }

    private static void ValidateRollingUpdate(JsonObject update, FieldErrors errors)
    {
        foreach (var field in (ReadOnlySpan<string>)["maxUnavailable", "maxSurge"])
        {
            if (update.Text(field) is { } text && !IsPercentage(text))
                errors.Invalid($"spec.strategy.rollingUpdate.{field}", text, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%')");
            else if (update.Number(field) < 0)
                errors.Invalid($"spec.strategy.rollingUpdate.{field}", update[field], "must be greater than or equal to 0");
        }
        if (IsZero(update["maxUnavailable"]) && IsZero(update["maxSurge"]))
            errors.Invalid("spec.strategy.rollingUpdate.maxUnavailable", update["maxUnavailable"], "may not be 0 when `maxSurge` is 0");
    }

    private static bool IsPercentage(string text) => text.Length > 1 && text[^1] == '%' && text[..^1].All(char.IsAsciiDigit);

    private static bool IsZero(JsonNode? value) => value.ToNumber() == 0 || (value is JsonValue v && v.TryGetValue<string>(out var text) && text == "0%");
}

internal sealed class ReplicaSetStrategy : WorkloadStrategy
{
    public override ResourceType Resource => ReplicaSet.Resource;

    public override string SchemaType => "V1ReplicaSet";

    public override TableDefinition Table => WorkloadTables.ReplicaSet;

    public override IReadOnlyList<string> ShortNames => ["rs"];
}
