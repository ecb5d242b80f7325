using System.Net.Sockets;

namespace Viaduct.Linux.Packets;

/// <summary>Keeps the frames that pass a link from now on, as <c>tcpdump -p</c> does; the link is not made promiscuous for it.</summary>
public sealed class PacketCapture : IAsyncDisposable
{
    private const int LongestFrame = 65536 + EthernetFrame.HeaderSize;

    private readonly PacketSocket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<CapturedFrame> _frames = [];
    private readonly Task _reading;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins on a link of the calling thread's namespace.</summary>
    public PacketCapture(int linkIndex)
    {
        _socket = new PacketSocket(linkIndex);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>What passed so far, in order.</summary>
    public IReadOnlyList<CapturedFrame> Frames
    {
        get
        {
            lock (_gate)
                return [.. _frames];
        }
    }

    /// <summary>Waits until what passed satisfies <paramref name="condition"/>; false when that takes longer than <paramref name="patience"/>.</summary>
    public async Task<bool> WaitForAsync(Func<IReadOnlyList<CapturedFrame>, bool> condition, TimeSpan patience)
    {
        using var late = new CancellationTokenSource(patience);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (condition(_frames))
                    return true;
                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(late.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[LongestFrame];
        try
        {
            while (true)
            {
                var (length, direction) = await _socket.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false);
                Keep(new CapturedFrame(buffer.AsSpan(0, length).ToArray(), direction));
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the capture.
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NetworkDown)
        {
            // The link went down or away: nothing passes any more.
        }
    }

    private void Keep(CapturedFrame frame)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            _frames.Add(frame);
            (waiting, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.SetResult();
    }
}

/// <summary>A frame that passed.</summary>
/// <param name="Bytes">From the Ethernet header on.</param>
/// <param name="Direction">Which way it went.</param>
public sealed record CapturedFrame(ReadOnlyMemory<byte> Bytes, FrameDirection Direction)
{
    /// <inheritdoc/>
    public override string ToString() => FrameText.Describe(Bytes.Span);
}
