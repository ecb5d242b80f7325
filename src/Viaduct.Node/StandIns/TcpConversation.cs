using System.Net.Sockets;
using System.Text;
using Viaduct.Node.Logs;

namespace Viaduct.Node.StandIns;

/// <summary>
/// One connection to a stand-in. HTTP/1 requests are answered as HTTP, as long as the client keeps the connection. Any other
/// first bytes are answered with the plain text, and so are a half-close and <see cref="Silence"/> without a byte; then the
/// connection is closed.
/// </summary>
internal sealed class TcpConversation(Socket client, int port, StandInIdentity identity, ContainerLog log)
{
    /// <summary>A client that only connects, such as <c>nc</c>, gets its answer after this time.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan LingerLimit = TimeSpan.FromSeconds(2);
    private const int MaxHead = 64 * 1024;

    private byte[] _buffer = new byte[4096];
    private int _length;

    public async Task RunAsync(CancellationToken stop)
    {
        if (await IsHttpAsync(stop))
            await AnswerHttpAsync(stop);
        else
            await AnswerRawAsync(stop);
        await CloseAsync(stop);
    }

    private async Task<bool> IsHttpAsync(CancellationToken stop)
    {
        bool? http = null;
        while (http is null && await ReceiveAsync(Silence, stop) == Received.Data)
            http = HttpRequestHead.LooksLikeHttp(_buffer.AsSpan(0, _length));
        return http == true;
    }

    private async Task AnswerRawAsync(CancellationToken stop)
    {
        if (_length > 0)
            log.Write("stdout", $"TCP {port} from {StandInSockets.Show(client.RemoteEndPoint)}: {_length} bytes");
        await SendAsync(identity.Answer(client.RemoteEndPoint), stop);
    }

    private async Task AnswerHttpAsync(CancellationToken stop)
    {
        while (await ReadHeadAsync(stop) is { } head)
        {
            if (head.ExpectsContinue)
                await SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), stop);
            if (!await SkipBodyAsync(head, stop))
                return;
            log.Write("stdout", $"TCP {port} from {StandInSockets.Show(client.RemoteEndPoint)}: {head.RequestLine}");
            await SendAsync(Response(head), stop);
            if (!head.KeepAlive)
                return;
        }
    }

    private byte[] Response(HttpRequestHead head)
    {
        var body = identity.Answer(client.RemoteEndPoint);
        var connection = head.KeepAlive ? "keep-alive" : "close";
        var top = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: {connection}\r\n\r\n");
        return head.IsHead ? top : [.. top, .. body];
    }

    /// <summary>The next request's head, taken off the buffer; null when the client has no more or does not speak HTTP/1.</summary>
    private async Task<HttpRequestHead?> ReadHeadAsync(CancellationToken stop)
    {
        int end;
        while ((end = _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (_length >= MaxHead || await ReceiveAsync(IdleLimit, stop) != Received.Data)
                return null;
        }

        var head = HttpRequestHead.Parse(_buffer.AsSpan(0, end));
        Consume(end + 4);
        return head;
    }

    /// <summary>Reads over the request's body; false when it breaks off.</summary>
    private async Task<bool> SkipBodyAsync(HttpRequestHead head, CancellationToken stop)
    {
        if (!head.IsChunked)
            return await SkipAsync(head.ContentLength, stop);
        while (await ReadLineAsync(stop) is { } line)
        {
            if (!long.TryParse(line.Split(';')[0].Trim(), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var size))
                return false;
            if (size == 0)
                return await SkipTrailersAsync(stop);
            if (!await SkipAsync(size + 2, stop))
                return false;
        }

        return false;
    }

    private async Task<bool> SkipTrailersAsync(CancellationToken stop)
    {
        while (await ReadLineAsync(stop) is { } line)
        {
            if (line.Length == 0)
                return true;
        }

        return false;
    }

    private async Task<string?> ReadLineAsync(CancellationToken stop)
    {
        int end;
        while ((end = _buffer.AsSpan(0, _length).IndexOf("\r\n"u8)) < 0)
        {
            if (_length >= MaxHead || await ReceiveAsync(IdleLimit, stop) != Received.Data)
                return null;
        }

        var line = Encoding.Latin1.GetString(_buffer, 0, end);
        Consume(end + 2);
        return line;
    }

    private async Task<bool> SkipAsync(long count, CancellationToken stop)
    {
        while (count > 0)
        {
            if (_length == 0 && await ReceiveAsync(IdleLimit, stop) != Received.Data)
                return false;
            var take = (int)Math.Min(count, _length);
            Consume(take);
            count -= take;
        }

        return true;
    }

    private void Consume(int count)
    {
        _buffer.AsSpan(count, _length - count).CopyTo(_buffer);
        _length -= count;
    }

    private enum Received
    {
        Data,
        End,
        Nothing,
    }

    private async Task<Received> ReceiveAsync(TimeSpan patience, CancellationToken stop)
    {
        if (_length == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(patience);
        try
        {
            var read = await client.ReceiveAsync(_buffer.AsMemory(_length), SocketFlags.None, limit.Token);
            _length += read;
            return read > 0 ? Received.Data : Received.End;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Received.Nothing;
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> data, CancellationToken stop)
    {
        while (!data.IsEmpty)
            data = data[await client.SendAsync(data, SocketFlags.None, stop)..];
    }

    /// <summary>
    /// Half-closes and waits for the client's end: closing with unread bytes would send a reset, and the client would lose the answer.
    /// </summary>
    private async Task CloseAsync(CancellationToken stop)
    {
        client.Shutdown(SocketShutdown.Send);
        do
            _length = 0;
        while (await ReceiveAsync(LingerLimit, stop) == Received.Data);
    }
}
