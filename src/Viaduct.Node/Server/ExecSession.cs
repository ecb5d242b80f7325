using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Viaduct.Kube.Objects;
using Viaduct.Node.Containers;

namespace Viaduct.Node.Server;

/// <summary>
/// One command over a WebSocket (KEP-4006, <c>v5.channel.k8s.io</c>): each binary message begins with a channel number. 0 standard input,
/// 1 standard output, 2 standard error, 3 the outcome as a Status, 4 the terminal's size, 255 the end of the channel whose number follows.
/// </summary>
internal sealed class ExecSession(WebSocket socket, ExecRunner exec) : IDisposable
{
    public const string Protocol = "v5.channel.k8s.io";

    private const byte Input = 0, Output = 1, Error = 2, Outcome = 3, CloseChannel = 255;

    /// <summary>How long a client may take to close after the outcome.</summary>
    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(2);

    // A WebSocket takes one message at a time; output and error come from two streams.
    private readonly SemaphoreSlim _sending = new(1);

    public async Task RunAsync(ExecRequest request, CancellationToken cancellation)
    {
        // Tells the client that the session stands, as the kubelet does.
        await SendAsync(Output, ReadOnlyMemory<byte>.Empty, cancellation);
        if (request.WithTerminal)
        {
            await FinishAsync(Failure("a terminal is not supported yet: leave out --tty (-t)", "NotImplemented"), cancellation);
            return;
        }

        try
        {
            using var process = exec.Start(request.Target, request.Hostname, request.Command, request.WithInput);
            await CarryAsync(process, request.WithInput, cancellation);
        }
        catch (ContainerStartException e)
        {
            await FinishAsync(Failure(e.Message, "StartError"), cancellation);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client is gone. Disposing the process has ended it.
        }
    }

    public void Dispose() => _sending.Dispose();

    /// <summary>The command's end ends the session; so does a client that goes away, and the command with it.</summary>
    private async Task CarryAsync(ExecProcess process, bool withInput, CancellationToken cancellation)
    {
        // A receive that is cancelled breaks the WebSocket off (ManagedWebSocket), so this one goes on until the client closes.
        var client = ReceiveAsync(process, withInput, cancellation);
        var outcome = OutcomeAsync(process, cancellation);
        if (await Task.WhenAny(client, outcome) == client)
            return;
        await FinishAsync(await outcome, cancellation);
        await Task.WhenAny(client, Task.Delay(s_closing, cancellation));
    }

    private async Task<Status> OutcomeAsync(ExecProcess process, CancellationToken cancellation)
    {
        await Task.WhenAll(CopyAsync(process.Streams.Output, Output, cancellation), CopyAsync(process.Streams.Error, Error, cancellation));
        var status = await process.Child.Exited.WaitAsync(cancellation);
        return status.ShellCode == 0 ? new Status { Outcome = "Success" } : ExitFailure(status.ShellCode);
    }

    /// <summary>Carries input until the client closes.</summary>
    private async Task ReceiveAsync(ExecProcess process, bool withInput, CancellationToken cancellation)
    {
        var buffer = new byte[32 * 1024];
        var channel = -1;
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            if (message.MessageType == WebSocketMessageType.Close)
                return;
            var data = buffer.AsMemory(0, message.Count);
            if (channel < 0 && !data.IsEmpty)
                (channel, data) = (data.Span[0], data[1..]);
            if (withInput && channel == Input)
                await WriteInputAsync(process, data, cancellation);
            else if (withInput && channel == CloseChannel && !data.IsEmpty && data.Span[0] == Input)
                process.Streams.CloseInput();
            if (message.EndOfMessage)
                channel = -1;
        }
    }

    private static async Task WriteInputAsync(ExecProcess process, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        try
        {
            await process.Streams.Input!.WriteAsync(data, cancellation);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The command reads no more (EPIPE), as a shell's pipe would show it.
        }
    }

    private async Task CopyAsync(Stream from, byte channel, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellation)) > 0)
            await SendAsync(channel, buffer.AsMemory(0, read), cancellation);
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            await socket.SendAsync((byte[])[channel, .. data.Span], WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task FinishAsync(Status status, CancellationToken cancellation)
    {
        await SendAsync(Outcome, JsonSerializer.SerializeToUtf8Bytes(status, KubeJson.Default.Status), cancellation);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
    }

    private static Status Failure(string message, string reason) => new() { Message = message, Reason = reason, Code = 500 };

    private static Status ExitFailure(int code) => new()
    {
        Message = string.Create(CultureInfo.InvariantCulture, $"command terminated with non-zero exit code: exit status {code}"),
        Reason = "NonZeroExitCode",
        Details = new StatusDetails { Causes = [new StatusCause { Reason = "ExitCode", Message = code.ToString(CultureInfo.InvariantCulture) }] },
    };
}
