using System.Net;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>
/// Completes ipFamilyPolicy and ipFamilies of a Service from each other, from its addresses, from what it was before and from what the cluster
/// has (kube-apiserver: pkg/registry/core/service/storage, initIPFamilyFields).
/// </summary>
internal sealed class ServiceFamilies(ServiceRanges ranges)
{
    private const string SingleStack = "SingleStack";
    private const string PreferDualStack = "PreferDualStack";
    private const string RequireDualStack = "RequireDualStack";

    public void Complete(JsonObject spec, JsonObject? old, FieldErrors errors)
    {
        if (!ServiceDefaults.HasClusterAddress(spec) || IsSamePreference(spec, old))
            return;
        var isSelectorless = ServiceDefaults.IsHeadless(spec) && !spec.Entries("selector").Any();
        spec.Default("ipFamilyPolicy", old?.Text("ipFamilyPolicy") ?? (isSelectorless ? RequireDualStack : SingleStack));
        if (old is not null)
            CheckReduction(spec, old, errors);
        CheckSingleStack(spec, errors);
        InferFromAddresses(spec, errors);
        if (errors.Causes.Count > 0)
            return;
        // Whoever writes the endpoints of a headless Service without selector may write any family.
        if (!isSelectorless)
            CheckConfigured(spec, errors);
        if (errors.Causes.Count == 0)
            AddMissing(spec, isSelectorless || ranges.IsDualStack);
    }

    /// <summary>A Service that would rather have both families does not get or lose one just because the cluster does.</summary>
    private static bool IsSamePreference(JsonObject spec, JsonObject? old) =>
        old is not null && Policy(spec) == PreferDualStack && Policy(old) == PreferDualStack && spec.Text("type") == old.Text("type")
        && Same(spec, old, "clusterIPs") && Same(spec, old, "ipFamilies");

    private static void CheckReduction(JsonObject spec, JsonObject old, FieldErrors errors)
    {
        foreach (var (field, what) in (ReadOnlySpan<(string, string)>)[("clusterIPs", "cluster IP"), ("ipFamilies", "IP family")])
        {
            var (before, now) = (old.Texts(field).ToList(), spec.Texts(field).ToList());
            if (Policy(spec) == SingleStack && now.Count > 1 && now.SequenceEqual(before))
                spec[field] = new JsonArray(now[0]);
            else if (Policy(spec) != SingleStack && before.Count == 2 && now.Count == 1 && now[0] == before[0])
                errors.Invalid("spec.ipFamilyPolicy", Policy(spec), $"must be 'SingleStack' to release the secondary {what}");
        }
    }

    private static void CheckSingleStack(JsonObject spec, FieldErrors errors)
    {
        if (Policy(spec) != SingleStack)
            return;
        if (spec.Texts("clusterIPs").Count() == 2)
            errors.Invalid("spec.ipFamilyPolicy", SingleStack, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified");
        if (spec.Texts("ipFamilies").Count() == 2)
            errors.Invalid("spec.ipFamilyPolicy", SingleStack, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified");
    }

    private void InferFromAddresses(JsonObject spec, FieldErrors errors)
    {
        var families = spec.Texts("ipFamilies").ToList();
        foreach (var (i, text) in spec.Texts("clusterIPs").Index().Skip(families.Count))
        {
            if (!IPAddress.TryParse(text, out var address))
                return;
            if (ranges.Of(address) is null)
                errors.Invalid($"spec.clusterIPs[{i}]", spec["clusterIPs"], $"{IpFamily.Of(address)} is not configured on this cluster");
            else
                families.Add(IpFamily.Of(address));
        }
        Set(spec, families);
    }

    private void CheckConfigured(JsonObject spec, FieldErrors errors)
    {
        if (Policy(spec) == RequireDualStack && !ranges.IsDualStack)
            errors.Invalid("spec.ipFamilyPolicy", RequireDualStack, "this cluster is not configured for dual-stack services");
        foreach (var (i, family) in spec.Texts("ipFamilies").Index())
        {
            if (ranges.Of(family) is null)
                errors.Invalid($"spec.ipFamilies[{i}]", family, "not configured on this cluster");
        }
    }

    private void AddMissing(JsonObject spec, bool canHaveBoth)
    {
        var families = spec.Texts("ipFamilies").ToList();
        if (families.Count == 0)
            families.Add(ranges.DefaultFamily);
        if (families.Count == 1 && canHaveBoth && Policy(spec) != SingleStack)
            families.Add(IpFamily.Other(families[0]));
        Set(spec, families);
    }

    private static void Set(JsonObject spec, List<string> families)
    {
        if (families.Count > 0)
            spec["ipFamilies"] = new JsonArray([.. families.Select(f => JsonValue.Create(f))]);
    }

    private static bool Same(JsonObject spec, JsonObject old, string field) => spec.Texts(field).SequenceEqual(old.Texts(field));

    private static string? Policy(JsonObject spec) => spec.Text("ipFamilyPolicy");
}
