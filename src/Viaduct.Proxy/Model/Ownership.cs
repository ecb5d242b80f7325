using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>Which Services and slices are this proxy's. The API server selects by the same labels; servers that cannot, and races, are why we look too.</summary>
internal static class Ownership
{
    /// <summary>The label selector of Services, EndpointSlices and ServiceCIDRs.</summary>
    public const string LabelSelector = $"!{ProxyNameLabel},!{HeadlessLabel}";

    private const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";
    private const string HeadlessLabel = "service.kubernetes.io/headless";

    public static bool IsOthers(ObjectMeta metadata) =>
        metadata.Labels is { } labels && (labels.ContainsKey(ProxyNameLabel) || labels.ContainsKey(HeadlessLabel));
}
