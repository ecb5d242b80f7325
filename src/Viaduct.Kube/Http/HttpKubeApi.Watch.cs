using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Http;

/// <summary>Watches: one JSON object per line until the server ends the answer.</summary>
public sealed partial class HttpKubeApi
{
    public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ListQuery query, string resourceVersion, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        FollowAsync<T>(query, $"watch=true&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(resourceVersion)}", cancellation);

    public IAsyncEnumerable<WatchEvent<T>> WatchListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        FollowAsync<T>(query, "watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", cancellation);

    private async IAsyncEnumerable<WatchEvent<T>> FollowAsync<T>(
        ListQuery query, string more, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var path = T.Resource.CollectionPath(query.Namespace) + QueryString(query, more);
        // Only its beginning has a time limit: the client's ends with the headers.
        using var answer = await SendAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        var reader = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                var read = await ReadAsync(reader, cancellation);
                var rest = read.Buffer;
                while (TryReadLine(ref rest, out var line))
                {
                    if (WatchLine.TryParse<T>(line, out var change))
                        yield return change;
                }
                reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                    yield break; // an unfinished last line is dropped: the next watch sends it again
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private async ValueTask<ReadResult> ReadAsync(PipeReader reader, CancellationToken cancellation)
    {
        try
        {
            return await reader.ReadAsync(cancellation);
        }
        catch (IOException e)
        {
            throw KubeApiException.Unreachable(Server, e);
        }
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> rest, out ReadOnlySequence<byte> line)
    {
        if (rest.PositionOf((byte)'\n') is not { } end)
        {
            line = default;
            return false;
        }
        line = rest.Slice(0, end);
        rest = rest.Slice(rest.GetPosition(1, end));
        return true;
    }
}
