using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.ServiceEndpoints;

/// <summary>The address types of EndpointSlices: a slice has addresses of one family.</summary>
internal static class AddressTypes
{
    public const string IPv4 = "IPv4";
    public const string IPv6 = "IPv6";

    /// <summary>The families of a Service, the primary one first; of one that does not say, that of its address.</summary>
    public static IReadOnlyList<string> Of(Service service)
    {
        if (service.Spec?.IpFamilies is { Count: > 0 } families)
            return families;
        var addresses = service.Spec?.ClusterIPs is { Count: > 0 } all ? all : [service.Spec?.ClusterIP ?? ""];
        return [.. addresses.Select(TypeOf).Distinct()];
    }

    /// <summary>The pod's address of a type, or null.</summary>
    public static string? AddressOf(Pod pod, string addressType) =>
        (pod.Status?.PodIPs ?? []).Select(p => p.Ip).Append(pod.Status?.PodIP).FirstOrDefault(a => !string.IsNullOrEmpty(a) && TypeOf(a) == addressType);

    /// <summary>Only IPv6 addresses have colons.</summary>
    private static string TypeOf(string address) => address.Contains(':', StringComparison.Ordinal) ? IPv6 : IPv4;
}
