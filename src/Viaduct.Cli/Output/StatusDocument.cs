using Viaduct.Cluster.Checks;
using Viaduct.Cluster.Supervision;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Backends;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Cli.Output;

/// <summary>What <c>viaduct status</c> tells.</summary>
internal sealed record StatusDocument(
    string Name,
    string Kubeconfig,
    IReadOnlyList<ProcessInfo> Processes,
    IReadOnlyList<NodeEntry> Nodes,
    IReadOnlyList<PodEntry> Pods,
    IReadOnlyList<ServiceEntry> Services)
{
    public static StatusDocument From(string name, string kubeconfig, IReadOnlyList<ProcessInfo> processes, ClusterObjects objects, IReadOnlyDictionary<string, ProxyMode?> modes) => new(
        name,
        kubeconfig,
        processes,
        [.. objects.Nodes.Select(n => new NodeEntry(n.Metadata.Name!, IsReady(n), n.InternalIP(), n.Spec?.PodCIDR, modes.GetValueOrDefault(n.Metadata.Name!)?.Name()))],
        [.. objects.Pods.Select(p => new PodEntry(p.Metadata.Namespace!, p.Metadata.Name!, p.Status?.Phase ?? "Unknown", p.IsReady(), p.Status?.PodIP, p.Spec?.NodeName))],
        [.. objects.Services.Select(s => new ServiceEntry(s.Metadata.Namespace!, s.Metadata.Name!, s.Spec?.Type ?? "ClusterIP", s.Spec?.ClusterIP, Ports(s)))]);

    private static bool IsReady(KubeNode node) => node.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) ?? false;

    private static IReadOnlyList<string> Ports(Service service) =>
        [.. (service.Spec?.Ports ?? []).Select(p => p.NodePort is { } node ? $"{p.Port}:{node}/{p.Protocol}" : $"{p.Port}/{p.Protocol}")];
}

internal sealed record NodeEntry(string Name, bool Ready, string? Address, string? PodCidr, string? ProxyMode);

internal sealed record PodEntry(string Namespace, string Name, string Phase, bool Ready, string? Address, string? Node);

internal sealed record ServiceEntry(string Namespace, string Name, string Type, string? ClusterIP, IReadOnlyList<string> Ports);
