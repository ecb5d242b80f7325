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
        using var answer = await SendAsync(method, path, body, HttpCompletionOption.ResponseContentRead, cancellation);
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
        HttpMethod method, string path, HttpContent? body, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, new Uri(_root + path))
        {
            Content = body,
            Version = _client.DefaultRequestVersion,
            VersionPolicy = _client.DefaultVersionPolicy,
        };
        try
        {
            var answer = await _client.SendAsync(request, completion, cancellation);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
                throw new KubeApiException(await ReadStatusAsync(answer, cancellation));
        }
        catch (HttpRequestException e)
        {
            throw KubeApiException.Unreachable(Server, e);
        }
        catch (TaskCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw KubeApiException.Unreachable(Server, e);
        }
    }

    /// <summary>The Status object of a refusal, or one made of what came instead (a proxy's page, an empty body).</summary>
    private async Task<Status> ReadStatusAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var code = (int)answer.StatusCode;
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        var said = answer.Content.Headers.ContentType?.MediaType == "application/json" ? TryReadStatus(text) : null;
        var status = said ?? new Status { Reason = answer.StatusCode.ToString(), Message = $"HTTP {code}: {Excerpt(text, answer.ReasonPhrase)}" };
        return status with
        {
            Code = status.Code == 0 ? code : status.Code,
            Message = code == 401 ? RefusedCredentials(status.Message) : status.Message,
            Details = RetryAfter(answer) is { } seconds ? (status.Details ?? new()) with { RetryAfterSeconds = seconds } : status.Details,
        };
    }

    private static string? Excerpt(string text, string? otherwise) => text.Length == 0 ? otherwise : text[..Math.Min(text.Length, LongestErrorText)].Trim();

    private string RefusedCredentials(string? said) =>
        $"The Kubernetes API at {Server.GetLeftPart(UriPartial.Authority)} does not accept our credentials ({said}): renew those that the kubeconfig or the service account has.";

    private static int? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter?.Delta is { } delta ? (int)Math.Ceiling(delta.TotalSeconds) : null;

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
