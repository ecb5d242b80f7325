using System.Net.Http.Json;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Supervision;
using Viaduct.Cluster.Underlay;
using Viaduct.Proxy.Inspection;

namespace Viaduct.Cluster.Nodes;

/// <summary>Asks a node's process about a Service.</summary>
public static class ServiceReportClient
{
    /// <param name="paths">The cluster.</param>
    /// <param name="node">The node; null for the first.</param>
    /// <param name="ns">The Service's namespace.</param>
    /// <param name="name">The Service's name.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ClusterException">The cluster has no such node, or its process does not answer.</exception>
    public static async Task<ServiceReport> GetAsync(ClusterPaths paths, string? node, string ns, string name, CancellationToken cancellation)
    {
        string[] nodes = [.. UnderlayPlan.From(ClusterSpec.Load(paths.Spec)).Nodes.Select(n => n.Name)];
        node ??= nodes[0];
        if (!nodes.Contains(node))
            throw new ClusterException($"Cluster \"{paths.Name}\" has no node \"{node}\"; --node takes one of: {string.Join(", ", nodes)}");
        using var http = UnixSocketHttp.CreateClient(paths.NodeSocket(node));
        var query = $"{ServiceReportEndpoint.Path}?namespace={Uri.EscapeDataString(ns)}&name={Uri.EscapeDataString(name)}";
        try
        {
            return await http.GetFromJsonAsync(query, ServiceReportJson.Default.ServiceReport, cancellation)
                ?? throw new ClusterException($"The process of node \"{node}\" answered nothing; see its log: {paths.LogDirectory}");
        }
        catch (HttpRequestException e)
        {
            throw new ClusterException($"The process of node \"{node}\" does not answer ({e.Message}); see its log: {paths.LogDirectory}");
        }
    }
}
