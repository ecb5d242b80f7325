using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Viaduct.Kube.Config;
using Viaduct.Kube.Objects;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>
/// Runs a command in a pod through the API's <c>exec</c> subresource, as kubectl does: a WebSocket with the subprotocol
/// <c>v5.channel.k8s.io</c> (KEP-4006), whose frames begin with the number of the stream.
/// </summary>
public sealed class PodExec(Kubeconfig kubeconfig)
{
    private const string Protocol = "v5.channel.k8s.io";
    private const byte StandardInput = 0, StandardOutput = 1, StandardError = 2, Result = 3, Close = 255;

    /// <summary>Runs to the end and returns the command's exit code.</summary>
    /// <param name="ns">Namespace of the pod.</param>
    /// <param name="pod">Name of the pod.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="streams">Where input comes from and output goes.</param>
    /// <param name="cancellation">Breaks the connection, which ends the command.</param>
    public async Task<int> RunAsync(string ns, string pod, IEnumerable<string> command, ExecStreams streams, CancellationToken cancellation)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Protocol);
        socket.Options.CollectHttpResponseDetails = true;
        using var handler = new HttpMessageInvoker(kubeconfig.CreateHandler());
        try
        {
            await socket.ConnectAsync(Address(ns, pod, command), handler, cancellation);
        }
        catch (WebSocketException e)
        {
            throw new ClusterException(Refused(ns, pod, socket.HttpStatusCode, e), e);
        }

        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var input = SendInputAsync(socket, streams.Input, done.Token);
        var code = await ReceiveAsync(socket, streams, cancellation);
        await done.CancelAsync();
        await IgnoreCancellationAsync(input);
        return code;
    }

    // ClientWebSocket keeps the status code of a refused upgrade and throws the Status in its body away.
    private static string Refused(string ns, string pod, HttpStatusCode code, WebSocketException e) => code switch
    {
        HttpStatusCode.NotFound => $"There is no pod \"{pod}\" in the namespace \"{ns}\"; choose another namespace with -n.",
        HttpStatusCode.BadRequest => $"The pod \"{ns}/{pod}\" has no running container to run a command in; see: kubectl describe pod {pod} -n {ns}",
        _ => $"The pod \"{ns}/{pod}\" cannot run a command: {e.Message}",
    };

    private Uri Address(string ns, string pod, IEnumerable<string> command)
    {
        var query = string.Concat(command.Select(word => $"&command={Uri.EscapeDataString(word)}"));
        var path = $"api/v1/namespaces/{ns}/pods/{pod}/exec?stdin=true&stdout=true&stderr=true{query}";
        return new UriBuilder(new Uri(kubeconfig.Server, path)) { Scheme = Uri.UriSchemeWss }.Uri;
    }

    private static async Task SendInputAsync(ClientWebSocket socket, Stream input, CancellationToken cancellation)
    {
        var frame = new byte[16 * 1024];
        frame[0] = StandardInput;
        while (await input.ReadAsync(frame.AsMemory(1), cancellation) is var length and > 0)
            await socket.SendAsync(frame.AsMemory(0, length + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        await socket.SendAsync(new byte[] { Close, StandardInput }, WebSocketMessageType.Binary, endOfMessage: true, cancellation);
    }

    private static async Task<int> ReceiveAsync(ClientWebSocket socket, ExecStreams streams, CancellationToken cancellation)
    {
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            var received = await socket.ReceiveAsync(message.GetMemory(16 * 1024), cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
                throw new ClusterException("The connection to the pod ended before the command did.");
            message.Advance(received.Count);
            if (!received.EndOfMessage || message.WrittenCount == 0)
                continue;
            if (await HandleAsync(message.WrittenMemory, streams, cancellation) is { } code)
                return code;
            message.ResetWrittenCount();
        }
    }

    /// <summary>Writes one message to where it belongs; the exit code if it was the last one.</summary>
    private static async Task<int?> HandleAsync(ReadOnlyMemory<byte> message, ExecStreams streams, CancellationToken cancellation)
    {
        var content = message[1..];
        switch (message.Span[0])
        {
            case StandardOutput:
                await streams.Output.WriteAsync(content, cancellation);
                await streams.Output.FlushAsync(cancellation);
                return null;
            case StandardError:
                await streams.Error.WriteAsync(content, cancellation);
                await streams.Error.FlushAsync(cancellation);
                return null;
            case Result:
                return ExitCode(content.Span);
            default:
                return null;
        }
    }

    private static int ExitCode(ReadOnlySpan<byte> json)
    {
        var status = JsonSerializer.Deserialize(json, KubeJson.Default.Status)!;
        if (status.Outcome == "Success")
            return 0;
        var cause = status.Details?.Causes?.FirstOrDefault(c => c.Reason == "ExitCode");
        return int.TryParse(cause?.Message, out var code)
            ? code
            : throw new ClusterException(status.Message ?? Encoding.UTF8.GetString(json));
    }

    private static async Task IgnoreCancellationAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The command has ended; what it did not read is of no use.
        }
    }
}

/// <summary>The three streams of a command.</summary>
public sealed record ExecStreams(Stream Input, Stream Output, Stream Error);
