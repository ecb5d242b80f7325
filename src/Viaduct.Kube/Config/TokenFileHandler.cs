using System.Net;
using System.Net.Http.Headers;

namespace Viaduct.Kube.Config;

/// <summary>
/// Authenticates by a token whose file is replaced before it expires. The file is read again when what was read is older than a minute, and
/// when the server refuses the token; a file that cannot be read for a while does not lose the token that was.
/// </summary>
internal sealed class TokenFileHandler(string path, TimeProvider time) : DelegatingHandler
{
    private static readonly TimeSpan s_freshFor = TimeSpan.FromMinutes(1);
    private volatile Reading? _last;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var used = Token(mayBeOld: true);
        var answer = await SendAsync(request, used, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Unauthorized || Token(mayBeOld: false) is not { } anew || anew == used)
            return answer;
        answer.Dispose();
        return await SendAsync(request, anew, cancellationToken);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? token, CancellationToken cancellation)
    {
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return base.SendAsync(request, cancellation);
    }

    private string? Token(bool mayBeOld)
    {
        if (mayBeOld && _last is { } known && time.GetElapsedTime(known.At) < s_freshFor)
            return known.Token;
        try
        {
            // Empty for a moment when somebody writes it in place.
            if (File.ReadAllText(path).Trim() is { Length: > 0 } token)
                _last = new Reading(token, time.GetTimestamp());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // While it is being replaced, or until the server refuses the token that we have: its answer then says what is wrong.
        }

        return _last?.Token;
    }

    private sealed record Reading(string Token, long At);
}
