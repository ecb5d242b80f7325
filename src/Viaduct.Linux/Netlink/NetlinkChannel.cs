using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using static Viaduct.Linux.Native.NetlinkConstants;

namespace Viaduct.Linux.Netlink;

/// <summary>Reads one message of an answer; null leaves it out.</summary>
public delegate T? NlParser<out T>(NlMessage message);

/// <summary>Takes one message of an answer.</summary>
public delegate void NlVisitor(NlMessage message);

/// <summary>
/// Requests and their answers over a transport: acknowledgements, dumps, batches. Safe for use by several threads, one request at a time.
/// Each call consumes its request: the writer is disposed.
/// </summary>
public sealed class NetlinkChannel : IDisposable
{
    private const int MaxDumpAttempts = 20;

    private readonly INetlinkTransport _transport;
    private readonly Lock _lock = new();
    // The kernel makes dump messages of at most 32 KiB (netlink_recvmsg); answers to other requests are smaller.
    private readonly byte[] _buffer = new byte[64 * 1024];
    private uint _nextSequence = 1;

    /// <summary>Takes ownership of the transport.</summary>
    public NetlinkChannel(INetlinkTransport transport) => _transport = transport;

    /// <summary>The transport's own.</summary>
    public uint PortId => _transport.PortId;

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    /// <summary>Sends one request and waits for its acknowledgement (the request must carry NLM_F_ACK).</summary>
    public void Execute(ref NlWriter request, string operation) => Exchange<object>(ref request, operation, null);

    /// <summary>Sends one request with NLM_F_ACK and returns what its answer holds; for an answer before the acknowledgement (GET, NLM_F_ECHO).</summary>
    public IReadOnlyList<T> Request<T>(ref NlWriter request, string operation, NlParser<T> parse) => Exchange(ref request, operation, parse);

    /// <summary>Sends one NLM_F_DUMP request and reads all parts. A dump that a change or a full buffer interrupted is repeated.</summary>
    public IReadOnlyList<T> Dump<T>(ref NlWriter request, string operation, NlParser<T> parse)
    {
        var items = new List<T>();
        Visit(ref request, operation, items.Clear, message => AddParsed(items, parse, message));
        return items;
    }

    /// <summary>As <see cref="Dump"/>, but shows each message instead of keeping a list. The visitor must not use this channel.</summary>
    /// <param name="request">The request.</param>
    /// <param name="operation">What it does, for errors.</param>
    /// <param name="begin">Called before the first message, and again when the dump is repeated.</param>
    /// <param name="visit">Called for each message.</param>
    public void Visit(ref NlWriter request, string operation, Action begin, NlVisitor visit)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    begin();
                    if (TryDump(ref request, operation, visit))
                        return;
                }
                catch (NetlinkException e) when (e.Errno == Errno.ENOBUFS && attempt < MaxDumpAttempts)
                {
                    // Answers were lost: this dump is worthless, the next one may fit.
                    continue;
                }
                if (attempt >= MaxDumpAttempts)
                    throw new NetlinkException(operation, Errno.EINTR, $"the objects changed during each of {attempt} readings");
            }
        }
        finally
        {
            request.Dispose();
        }
    }

    /// <summary>
    /// Sends several messages as one datagram, as nfnetlink batches need, and reads all answers. The kernel works inside send(2), so every answer is
    /// there when it returns. The first error becomes the exception; an expected acknowledgement that is missing is an error, too.
    /// </summary>
    /// <param name="batch">The messages; those with NLM_F_ACK are expected to be acknowledged.</param>
    /// <param name="operation">What the batch does.</param>
    /// <param name="describe">Names the message with the given index in an error.</param>
    public void ExecuteBatch(ref NlWriter batch, string operation, Func<int, string?> describe) => ExecuteBatch<object>(ref batch, operation, describe, null);

    /// <summary>As <see cref="ExecuteBatch(ref NlWriter, string, Func{int, string?})"/>, and returns what other answers (NLM_F_ECHO) hold.</summary>
    public IReadOnlyList<T> ExecuteBatch<T>(ref NlWriter batch, string operation, Func<int, string?> describe, NlParser<T>? parse)
    {
        try
        {
            lock (_lock)
            {
                DropLeftovers();
                var first = Stamp(ref batch);
                _transport.Send(batch.Written);
                return ReadBatchAnswers(batch, first, operation, describe, parse);
            }
        }
        finally
        {
            batch.Dispose();
        }
    }

    private List<T> ReadBatchAnswers<T>(scoped in NlWriter batch, uint first, string operation, Func<int, string?> describe, NlParser<T>? parse)
    {
        var items = new List<T>();
        var acknowledged = 0;
        NetlinkException? error = null;
        while (Receive(wait: false) is { IsEmpty: false } datagram)
        {
            foreach (var message in new NlReader(datagram))
            {
                var index = (int)(message.Sequence - first);
                if (index < 0 || index >= batch.MessageCount)
                    continue;
                if (message.Type != NLMSG_ERROR)
                    AddParsed(items, parse, message);
                else if (NlError.Read(message) is { Errno: not 0 } failure)
                    error ??= failure.ToException(operation, describe(index));
                else
                    acknowledged++;
            }
        }
        if (error is not null)
            throw error;
        var expected = CountAcknowledged(batch.Written);
        return acknowledged >= expected ? items : throw new NetlinkException(operation, Errno.EPROTO, $"the kernel acknowledged {acknowledged} of {expected} messages");
    }

    private static int CountAcknowledged(ReadOnlySpan<byte> batch)
    {
        var count = 0;
        foreach (var message in new NlReader(batch))
            count += (message.Flags & NLM_F_ACK) != 0 ? 1 : 0;
        return count;
    }

    private List<T> Exchange<T>(ref NlWriter request, string operation, NlParser<T>? parse)
    {
        try
        {
            lock (_lock)
            {
                DropLeftovers();
                var sequence = Stamp(ref request);
                _transport.Send(request.Written);
                var items = new List<T>();
                while (true)
                {
                    foreach (var message in new NlReader(Receive(wait: true)))
                    {
                        if (message.Sequence != sequence)
                            continue;
                        if (message.Type == NLMSG_ERROR)
                            return NlError.Read(message) is { Errno: not 0 } failure ? throw failure.ToException(operation) : items;
                        AddParsed(items, parse, message);
                    }
                }
            }
        }
        finally
        {
            request.Dispose();
        }
    }

    private bool TryDump(ref NlWriter request, string operation, NlVisitor visit)
    {
        lock (_lock)
        {
            DropLeftovers();
            var sequence = Stamp(ref request);
            _transport.Send(request.Written);
            var interrupted = false;
            while (true)
            {
                foreach (var message in new NlReader(Receive(wait: true)))
                {
                    if (message.Sequence != sequence)
                        continue;
                    interrupted |= (message.Flags & NLM_F_DUMP_INTR) != 0;
                    if (message.Type is NLMSG_ERROR or NLMSG_DONE)
                        return EndOfDump(message, operation) && !interrupted;
                    if (message.Type >= NLMSG_MIN_TYPE)
                        visit(message);
                }
            }
        }
    }

    // NLMSG_DONE carries an int, 0 or negative (netlink_dump_done); an error before the first part comes as NLMSG_ERROR.
    private static bool EndOfDump(NlMessage message, string operation)
    {
        var failure = NlError.Read(message);
        if (failure.Errno is 0)
            return true;
        if (failure.Errno is Errno.EINTR)
            return false;
        throw failure.ToException(operation);
    }

    private static void AddParsed<T>(List<T> items, NlParser<T>? parse, NlMessage message)
    {
        if (message.Type >= NLMSG_MIN_TYPE && parse is not null && parse(message) is { } item)
            items.Add(item);
    }

    private ReadOnlySpan<byte> Receive(bool wait)
    {
        var length = _transport.Receive(_buffer, wait);
        if (length > _buffer.Length)
            throw new NetlinkException("receiving from the kernel", Errno.EMSGSIZE, $"a datagram has {length} bytes, more than {_buffer.Length}");
        return _buffer.AsSpan(0, length);
    }

    // What an exchange left behind that ended with an exception must not be taken for the answer to the next one, nor fill the socket.
    private void DropLeftovers()
    {
        try
        {
            while (_transport.Receive(_buffer, wait: false) > 0)
            {
            }
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENOBUFS)
        {
            // The socket says once that older answers were lost; they were to be dropped anyway.
        }
    }

    private uint Stamp(ref NlWriter request)
    {
        var first = _nextSequence;
        _nextSequence += (uint)request.MessageCount;
        var rest = request.Bytes;
        for (uint index = 0; !rest.IsEmpty; index++)
        {
            MemoryMarshal.Write(rest[8..], first + index);
            rest = rest[NlWriter.Align((int)MemoryMarshal.Read<uint>(rest))..];
        }
        return first;
    }
}
