using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Registry;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Http;

/// <summary>Passes <c>log</c> and <c>exec</c> of a pod on to its node, which listens on a unix socket.</summary>
internal sealed class NodeProxy(Func<string, string?> nodeSocket, ILogger logger, CancellationToken stopping)
{
    public async Task LogAsync(HttpContext context, StoredObject pod)
    {
        var (node, socket) = Locate(pod);
        var container = Container(context, pod);
        using var client = Client(socket);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{node}/containerLogs/{pod.Key.Namespace}/{pod.Key.Name}/{container}?{Query(context)}");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        using var response = await SendAsync(client, request, node, socket, end.Token).ConfigureAwait(false);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString() ?? "text/plain";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await CopyAsync(await response.Content.ReadAsStreamAsync(end.Token).ConfigureAwait(false), context.Response.Body, end.Token).ConfigureAwait(false);
    }

    /// <summary>The handshake goes through header by header, then bytes are carried both ways: the frames are the node's and the client's matter.</summary>
    public async Task ExecAsync(HttpContext context, StoredObject pod)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
            throw StatusErrors.BadRequest("exec needs a WebSocket: the request must ask for an upgrade (subprotocol v5.channel.k8s.io)");
        var (node, socket) = Locate(pod);
        var container = Container(context, pod);
        using var client = Client(socket);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{node}/exec/{pod.Key.Namespace}/{pod.Key.Name}/{container}?{Query(context)}");
        foreach (var header in context.Request.Headers.Where(h => IsHandshake(h.Key)))
            request.Headers.TryAddWithoutValidation(header.Key, header.Value.AsEnumerable());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        using var response = await SendAsync(client, request, node, socket, end.Token).ConfigureAwait(false);
        if ((int)response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString() ?? "text/plain";
            await response.Content.CopyToAsync(context.Response.Body, end.Token).ConfigureAwait(false);
            return;
        }
        foreach (var header in response.Headers.Where(h => IsHandshake(h.Key)))
            context.Response.Headers[header.Key] = header.Value.ToArray();
        await using var clientSide = await upgrade.UpgradeAsync().ConfigureAwait(false);
        await using var nodeSide = await response.Content.ReadAsStreamAsync(end.Token).ConfigureAwait(false);
        await Task.WhenAny(CopyAsync(clientSide, nodeSide, end.Token), CopyAsync(nodeSide, clientSide, end.Token)).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
    }

    private (string Node, string Socket) Locate(StoredObject pod)
    {
        if (pod.Root.TextAt("spec", "nodeName") is not { Length: > 0 } node)
            throw StatusErrors.BadRequest($"pod {pod.Key.Name} does not have a host assigned");
        return (node, nodeSocket(node) ?? throw StatusErrors.NotFound(Node.Resource, node));
    }

    /// <summary>The asked container, or the only one.</summary>
    private static string Container(HttpContext context, StoredObject pod)
    {
        var names = Names(pod, "containers");
        var known = names.Concat(Names(pod, "initContainers")).ToList();
        var asked = context.Request.Query["container"].ToString();
        if (asked.Length == 0)
        {
            return names.Count == 1 ? names[0] : throw StatusErrors.BadRequest(
                $"a container name must be specified for pod {pod.Key.Name}, choose one of: [{string.Join(' ', names)}]");
        }
        return known.Contains(asked) ? asked : throw StatusErrors.BadRequest($"container {asked} is not valid for pod {pod.Key.Name}");
    }

    private static string Query(HttpContext context) => string.Join('&', context.Request.Query
        .Where(q => q.Key != "container")
        .SelectMany(q => q.Value, (q, value) => $"{q.Key}={Uri.EscapeDataString(value ?? "")}"));

    private static List<string> Names(StoredObject pod, string list) => [.. pod.Root.ItemsAt("spec", list).Select(c => c.TextAt("name") ?? "")];

    private async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, string node, string socket, CancellationToken cancellation)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            Log.NodeUnreachable(logger, node, socket, e);
            throw StatusErrors.ServiceUnavailable($"node {node} does not answer: {e.Message}");
        }
    }

    private static HttpClient Client(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation).ConfigureAwait(false);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    private static bool IsHandshake(string header) =>
        header.StartsWith("Sec-WebSocket-", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Upgrade", StringComparison.OrdinalIgnoreCase);

    /// <summary>Carries what comes at once; the end of either side is the end.</summary>
    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = await from.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
                await to.FlushAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // One side went away: that is how a terminal ends.
        }
    }
}
