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

    private const byte Input = 0, Output = 1, Error = 2, Outcome = 3, Size = 4, CloseChannel = 255;

    /// <summary>How long a client may take to close after the outcome, and what a dead command's terminal may still hold to be read.</summary>
    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(2);

    // A WebSocket takes one message at a time; output and error come from two streams.
    private readonly SemaphoreSlim _sending = new(1);

    public async Task RunAsync(ExecRequest request, CancellationToken cancellation)
    {
        try
        {
            // Tells the client that the session stands, as the kubelet does.
            await SendAsync(Output, ReadOnlyMemory<byte>.Empty, cancellation);
            await StartAsync(request, cancellation);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client is gone. Disposing the process has ended it.
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task StartAsync(ExecRequest request, CancellationToken cancellation)
    {
        ExecProcess process;
        try
        {
            process = exec.Start(request.Target, request.Hostname, request.Command, request.WithInput, request.WithTerminal);
        }
        catch (ContainerStartException e)
        {
            await FinishAsync(new Status { Message = e.Message, Reason = e.Reason, Code = 500 }, ReceiveAsync(new ExecInput(null, false), cancellation), cancellation);
            return;
        }

        using (process)
            await CarryAsync(process, new ExecInput(process, request.WithInput), cancellation);
    }

    /// <summary>The command's end ends the session; so does a client that goes away, and the command with it.</summary>
    private async Task CarryAsync(ExecProcess process, ExecInput input, CancellationToken cancellation)
    {
        // A receive that is cancelled breaks the WebSocket off (ManagedWebSocket), so this one goes on until the client closes.
        var client = ReceiveAsync(input, cancellation);
        var outcome = OutcomeAsync(process, cancellation);
        if (await Task.WhenAny(client, outcome) != client)
            await FinishAsync(await outcome, client, cancellation);
    }

    private async Task<Status> OutcomeAsync(ExecProcess process, CancellationToken cancellation)
    {
        if (process.Terminal is { } terminal)
        {
            var shown = CopyTerminalAsync(terminal.Stream, cancellation);
            await process.Child.Exited.WaitAsync(cancellation);
            // A process in the background may hold the terminal open for as long as it likes.
            await Task.WhenAny(shown, Task.Delay(s_closing, cancellation));
        }
        else
        {
            await Task.WhenAll(CopyAsync(process.Streams.Output, Output, cancellation), CopyAsync(process.Streams.Error, Error, cancellation));
        }

        var status = await process.Child.Exited.WaitAsync(cancellation);
        return status.ShellCode == 0 ? new Status { Outcome = "Success" } : ExitFailure(status.ShellCode);
    }

    /// <summary>Carries input until the client closes.</summary>
    private async Task ReceiveAsync(ExecInput input, CancellationToken cancellation)
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
            if (channel == Input)
                await input.WriteAsync(data, cancellation);
            else if (channel == Size)
                input.Resize(data.Span);
            else if (channel == CloseChannel && !data.IsEmpty && data.Span[0] == Input)
                input.Close();
            if (message.EndOfMessage)
                channel = -1;
        }
    }

    private async Task CopyAsync(Stream from, byte channel, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellation)) > 0)
            await SendAsync(channel, buffer.AsMemory(0, read), cancellation);
    }

    /// <summary>A terminal cannot be waited for in the runtime's epoll set: a thread of its own reads it while it is open.</summary>
    private Task CopyTerminalAsync(FileStream terminal, CancellationToken cancellation) => Task.Factory.StartNew(
        () =>
        {
            var buffer = new byte[16 * 1024];
            try
            {
                int read;
                while ((read = terminal.Read(buffer)) > 0)
                    SendAsync(Output, buffer.AsMemory(0, read), cancellation).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // EIO: no process has the terminal open any more.
            }
        },
        cancellation,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

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

    /// <summary>Sends the outcome and closes, then gives the client time to do the same.</summary>
    private async Task FinishAsync(Status status, Task client, CancellationToken cancellation)
    {
        await SendAsync(Outcome, JsonSerializer.SerializeToUtf8Bytes(status, KubeJson.Default.Status), cancellation);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
        await Task.WhenAny(client, Task.Delay(s_closing, cancellation));
    }

    private static Status ExitFailure(int code) => new()
    {
        Message = string.Create(CultureInfo.InvariantCulture, $"command terminated with non-zero exit code: exit status {code}"),
        Reason = "NonZeroExitCode",
        Details = new StatusDetails { Causes = [new StatusCause { Reason = "ExitCode", Message = code.ToString(CultureInfo.InvariantCulture) }] },
    };
}
