using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>What of a Service's addresses and families may change: a second one may come and go, the first stays (KK pkg/apis/core/validation).</summary>
internal static class ServiceUpdateValidation
{
    public static void Validate(JsonObject spec, JsonObject old, FieldErrors errors)
    {
        if (!ServiceDefaults.HasClusterAddress(spec) || !ServiceDefaults.HasClusterAddress(old))
            return;
        var (isHeadless, wasHeadless) = (ServiceDefaults.IsHeadless(spec), ServiceDefaults.IsHeadless(old));
        if (!isHeadless || !wasHeadless)
            ValidateList("clusterIPs", "clusterIP", spec, old, errors);
        if (!isHeadless && !wasHeadless && spec.Texts("ipFamilies").Any())
            ValidateList("ipFamilies", "ipFamily", spec, old, errors);
    }

    private static void ValidateList(string field, string one, JsonObject spec, JsonObject old, FieldErrors errors)
    {
        var (now, before) = (spec.Texts(field).ToList(), old.Texts(field).ToList());
        if (before.Count > 0 && now.Count == 0)
            errors.Invalid($"spec.{field}[0]", spec[field], $"primary {one} can not be unset");
        for (var i = 0; i < Math.Min(now.Count, before.Count); i++)
        {
            if (now[i] != before[i])
                errors.Invalid($"spec.{field}[{i}]", spec[field], "may not change once set");
        }
        if (before.Count == 2 && now.Count == 1 && spec.Text("ipFamilyPolicy") is { } policy and not "SingleStack")
            errors.Invalid("spec.ipFamilyPolicy", policy, $"must be set to 'SingleStack' when releasing the secondary {one}");
    }
}
