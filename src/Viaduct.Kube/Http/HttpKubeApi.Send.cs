using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Http;

/// <summary>One request: every failure leaves as a <see cref="KubeApiException"/>.</summary>
public sealed partial class HttpKubeApi
{
    private const int LongestErrorText = 300;

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? body, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var answer = await SendAsync(_requests, method, path, body, HttpCompletionOption.ResponseContentRead, cancellation);
        try
        {
            var bytes = await answer.Content.ReadAsByteArrayAsync(cancellation);
            return JsonSerializer.Deserialize(bytes, type) ?? throw NotJson(answer, $"The answer to {method} {path} is empty.");
        }
        catch (JsonException e)
        {
            throw NotJson(answer, $"The answer to {method} {path} cannot be understood: {e.Message}", e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpClient client, HttpMethod method, string path, HttpContent? body, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = body,
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        HttpResponseMessage answer;
        try
        {
            answer = await client.SendAsync(request, completion, cancellation);
        }
        catch (HttpRequestException e)
        {
            throw KubeApiException.Unreachable(Server, e);
        }
        catch (TaskCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw KubeApiException.Unreachable(Server, e);
        }
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
            throw new KubeApiException(await ReadStatusAsync(answer, cancellation));
    }

    /// <summary>The Status object of a refusal, or one made of what came instead (a proxy's page, an empty body).</summary>
    private static async Task<Status> ReadStatusAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var code = (int)answer.StatusCode;
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (answer.Content.Headers.ContentType?.MediaType == "application/json" && TryReadStatus(text) is { } status)
            return status with { Code = status.Code == 0 ? code : status.Code };
        var said = text.Length == 0 ? answer.ReasonPhrase : text[..Math.Min(text.Length, LongestErrorText)].Trim();
        return new Status { Code = code, Reason = answer.StatusCode.ToString(), Message = $"HTTP {code}: {said}" };
    }

    private static Status? TryReadStatus(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, KubeJson.Default.Status) is { Kind: "Status" } status ? status : null;
        }
        catch (JsonException)
        {
            return null; // not a Status: the caller quotes the text itself
        }
    }

    private static KubeApiException NotJson(HttpResponseMessage answer, string message, Exception? cause = null) =>
        new(new Status { Code = (int)answer.StatusCode, Reason = "UnexpectedAnswer", Message = message }, cause);
}
