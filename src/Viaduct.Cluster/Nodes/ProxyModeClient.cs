using Viaduct.Cluster.Model;
using Viaduct.Cluster.Supervision;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cluster.Nodes;

/// <summary>Asks a node's process for the mode of its proxy, and changes it.</summary>
public static class ProxyModeClient
{
    /// <exception cref="NodeAwayException">The node's process does not answer.</exception>
    public static Task<ProxyMode> GetAsync(ClusterPaths paths, string node, CancellationToken cancellation) =>
        SendAsync(paths, node, new HttpRequestMessage(HttpMethod.Get, ProxyModeEndpoint.Path), cancellation);

    /// <summary>Returns when the node serves by this mode only.</summary>
    /// <exception cref="ClusterException">The node refuses.</exception>
    /// <exception cref="NodeAwayException">Its process does not answer.</exception>
    public static Task<ProxyMode> ChangeAsync(ClusterPaths paths, string node, ProxyMode mode, CancellationToken cancellation) =>
        SendAsync(paths, node, new HttpRequestMessage(HttpMethod.Put, ProxyModeEndpoint.Path) { Content = new StringContent(mode.Name()) }, cancellation);

    private static async Task<ProxyMode> SendAsync(ClusterPaths paths, string node, HttpRequestMessage request, CancellationToken cancellation)
    {
        using var http = UnixSocketHttp.CreateClient(paths.NodeSocket(node));
        try
        {
            using var response = await http.SendAsync(request, cancellation);
            var text = await response.Content.ReadAsStringAsync(cancellation);
            return response.IsSuccessStatusCode && ProxyModeNames.Find(text) is { } mode
                ? mode
                : throw new ClusterException($"{node}: {text}");
        }
        catch (HttpRequestException e)
        {
            throw new NodeAwayException($"The process of node \"{node}\" does not answer ({e.Message}); see its log: {paths.LogDirectory}", e);
        }
    }
}
