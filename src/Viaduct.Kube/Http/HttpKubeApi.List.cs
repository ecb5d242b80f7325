using System.IO.Pipelines;
using System.Text.Json;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Http;

/// <summary>Lists that are read as they arrive.</summary>
public sealed partial class HttpKubeApi
{
    private static readonly StreamPipeReaderOptions s_listBuffers = new(bufferSize: 64 * 1024);

    public async Task<ListMeta> ListPageAsync<T>(ListQuery query, ListPage page, Action<T> each, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var path = T.Resource.CollectionPath(query.Namespace) + QueryString(query, PageQuery(page));
        // A list may take long in all, but not between two of its parts.
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(s_requestTimeout);
        try
        {
            using var answer = await SendAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            return await ReadPageAsync(answer, path, each, silence);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw KubeApiException.Unreachable(Server, new TimeoutException($"no answer within {s_requestTimeout.TotalSeconds} s", e));
        }
    }

    private async Task<ListMeta> ReadPageAsync<T>(HttpResponseMessage answer, string path, Action<T> each, CancellationTokenSource silence)
        where T : class, IKubeObject<T>
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(silence.Token);
        var reader = PipeReader.Create(stream, s_listBuffers);
        var parser = new ListParser<T>(each);
        try
        {
            while (true)
            {
                var read = await ReadAsync(reader, silence.Token);
                silence.CancelAfter(s_requestTimeout);
                var consumed = parser.Read(read.Buffer, read.IsCompleted);
                reader.AdvanceTo(consumed, read.Buffer.End);
                if (read.IsCompleted)
                    return parser.Metadata;
            }
        }
        catch (JsonException e)
        {
            throw NotJson(answer, $"The answer to GET {path} cannot be understood: {e.Message}", e);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static string PageQuery(ListPage page) =>
        page.Continue is { Length: > 0 } token ? $"limit={page.Limit}&continue={Uri.EscapeDataString(token)}"
        : page.Limit > 0 ? $"limit={page.Limit}"
        : "";
}
