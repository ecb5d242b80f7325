using System.Buffers;
using System.Text;

namespace Viaduct.Node.Logs;

/// <summary>What a reader of a log wants; the parameters of <c>kubectl logs</c>.</summary>
internal sealed record LogQuery
{
    public bool Follow { get; init; }

    public bool Timestamps { get; init; }

    public long? TailLines { get; init; }

    public DateTimeOffset? Since { get; init; }

    public long? LimitBytes { get; init; }
}

/// <summary>Reads a log file in the CRI format as the text that the container wrote.</summary>
internal sealed class ContainerLogReader(LogQuery query, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write)
{
    private long _left = query.LimitBytes ?? long.MaxValue;
    private bool _midLine;

    /// <summary>Writes what is in the file, then, when following, what <paramref name="live"/> adds until its run ends.</summary>
    public async Task ReadAsync(string path, ContainerLog? live, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (query.TailLines is { } tail)
            file.Position = await TailStartAsync(file, tail, cancellation);
        while (_left > 0)
        {
            // Both are taken before reading: a line written meanwhile completes the task.
            var (closed, changed) = (live is null || live.IsClosed, live?.Changed);
            await ReadToEndAsync(file, cancellation);
            if (!query.Follow || closed)
                return;
            await changed!.WaitAsync(cancellation);
        }
    }

    private async Task ReadToEndAsync(FileStream file, CancellationToken cancellation)
    {
        var start = file.Position;
        var pending = new ArrayBufferWriter<byte>();
        var chunk = new byte[16 * 1024];
        int read;
        while (_left > 0 && (read = await file.ReadAsync(chunk, cancellation)) > 0)
        {
            pending.Write(chunk.AsSpan(0, read));
            var consumed = await WriteLinesAsync(pending.WrittenMemory, cancellation);
            start += consumed;
            var rest = pending.WrittenSpan[consumed..].ToArray();
            pending.ResetWrittenCount();
            pending.Write(rest);
        }

        // An unfinished line is read again when the rest of it is there.
        file.Position = start;
    }

    private async ValueTask<int> WriteLinesAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        var consumed = 0;
        int length;
        while (_left > 0 && (length = data.Span[consumed..].IndexOf((byte)'\n')) >= 0)
        {
            if (CriLogLine.Parse(data.Slice(consumed, length)) is { } line && !(line.Time < query.Since))
                await WriteLineAsync(line, cancellation);
            consumed += length + 1;
        }

        return consumed;
    }

    private async ValueTask WriteLineAsync(CriLogLine line, CancellationToken cancellation)
    {
        if (query.Timestamps && !_midLine)
            await WriteAsync(Encoding.ASCII.GetBytes(CriLogLine.FormatTime(line.Time) + " "), cancellation);
        await WriteAsync(line.Text, cancellation);
        _midLine = line.IsPartial;
        if (!line.IsPartial)
            await WriteAsync("\n"u8.ToArray(), cancellation);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> text, CancellationToken cancellation)
    {
        var part = text[..(int)Math.Min(text.Length, _left)];
        _left -= part.Length;
        if (!part.IsEmpty)
            await write(part, cancellation);
    }

    /// <summary>Offset at which the last <paramref name="lines"/> lines begin, found from the end backwards.</summary>
    private static async Task<long> TailStartAsync(FileStream file, long lines, CancellationToken cancellation)
    {
        var end = file.Length;
        if (lines <= 0)
            return end;
        var chunk = new byte[16 * 1024];
        var seen = 0L;
        for (var at = end; at > 0;)
        {
            var size = (int)Math.Min(chunk.Length, at);
            at -= size;
            file.Position = at;
            await file.ReadExactlyAsync(chunk.AsMemory(0, size), cancellation);
            for (var i = size - 1; i >= 0; i--)
            {
                // The line feed at the very end closes the last line and begins none.
                if (chunk[i] == '\n' && at + i != end - 1 && ++seen == lines)
                    return at + i + 1;
            }
        }

        return 0;
    }
}
