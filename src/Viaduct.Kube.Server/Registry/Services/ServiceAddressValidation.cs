using System.Net;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>Rules of clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy by themselves (KK pkg/apis/core/validation ValidateServiceClusterIPsRelatedFields).</summary>
internal static class ServiceAddressValidation
{
    private const int MostAddresses = 2;

    public static void Validate(JsonObject spec, FieldErrors errors)
    {
        if (ServiceDefaults.HasClusterAddress(spec))
        {
            ValidateFamilies(spec, errors);
            ValidateAddresses(spec, spec.Texts("clusterIPs").ToList(), errors);
            return;
        }
        if (!string.IsNullOrEmpty(spec.Text("clusterIP")) || spec.Texts("clusterIPs").Any())
            errors.Forbidden("spec.clusterIPs", "may not be set for ExternalName services");
        if (spec.Texts("ipFamilies").Any())
            errors.Forbidden("spec.ipFamilies", "may not be set for ExternalName services");
        if (spec["ipFamilyPolicy"] is not null)
            errors.Forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services");
    }

    private static void ValidateFamilies(JsonObject spec, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, family) in spec.Texts("ipFamilies").Index())
        {
            if (family is not (IpFamily.IPv4 or IpFamily.IPv6))
                errors.NotSupported($"spec.ipFamilies[{i}]", family, IpFamily.IPv4, IpFamily.IPv6);
            if (!seen.Add(family))
                errors.Duplicate($"spec.ipFamilies[{i}]", family);
        }
        if (spec.Text("ipFamilyPolicy") is { } policy and not ("SingleStack" or "PreferDualStack" or "RequireDualStack"))
            errors.NotSupported("spec.ipFamilyPolicy", policy, "PreferDualStack", "RequireDualStack", "SingleStack");
    }

    private static void ValidateAddresses(JsonObject spec, List<string> addresses, FieldErrors errors)
    {
        if (addresses.Count > 0 && spec.Text("clusterIP") != addresses[0])
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "first value must match `clusterIP`");
        if (addresses.Count > MostAddresses)
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "may only hold up to 2 values");
        if (addresses is ["None", _, ..])
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "'None' must be the first and only value");
        var isEachValid = true;
        foreach (var (i, text) in addresses.Index().Where(a => a.Index > 0 || a.Item != "None"))
        {
            isEachValid &= IPAddress.TryParse(text, out _);
            if (!IPAddress.TryParse(text, out _))
                errors.Invalid($"spec.clusterIPs[{i}]", text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        }
        if (isEachValid && addresses is not ["None", ..])
            ValidateFamilyOfEach(spec, [.. addresses.Select(a => IpFamily.Of(IPAddress.Parse(a)))], addresses, errors);
    }

    private static void ValidateFamilyOfEach(JsonObject spec, List<string> families, List<string> addresses, FieldErrors errors)
    {
        if (families.Distinct().Count() != families.Count)
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "may specify no more than one IP for each IP family");
        foreach (var ((i, wanted), family) in spec.Texts("ipFamilies").Index().Zip(families))
        {
            if (wanted is IpFamily.IPv4 or IpFamily.IPv6 && wanted != family)
                errors.Invalid($"spec.clusterIPs[{i}]", addresses[i], $"expected an {wanted} value as indicated by `ipFamilies[{i}]`");
        }
    }
}
