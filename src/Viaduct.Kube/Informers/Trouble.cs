using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;

namespace Viaduct.Kube.Informers;

/// <summary>What to do after a refused or broken list or watch: whether it is told, and how long to wait. Not for concurrent use.</summary>
internal sealed class Trouble(string resource, ILogger log)
{
    // No server may say how long we are blind: it meant seconds, and a proxy before it may have said hours.
    private static readonly TimeSpan s_longestWish = TimeSpan.FromMinutes(1);
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
    private string? _told;

    /// <summary>
    /// Whether the last version stays good: the connection broke, or the server has no time, when lists are what it can bear least. After any other refusal
    /// (410 above all, and 504, which an API server answers that knows less than the version says) only a list helps.
    /// </summary>
    public static bool KeepsVersion(KubeApiException e) => e.IsUnreachable || e.IsBusy;

    public void Reset()
    {
        _backoff.Reset();
        _told = null;
    }

    public TimeSpan NextPause() => _backoff.Next();

    /// <summary>The pause after a failure: what the server wishes, if it does.</summary>
    public TimeSpan PauseAfter(KubeApiException e)
    {
        var own = _backoff.Next();
        return e.RetryAfter is not { } wish ? own : wish < s_longestWish ? wish : s_longestWish;
    }

    /// <summary>Warns once of each reason until the next success: whoever repaired the first must find the second.</summary>
    public void Tell(KubeApiException e, bool isOrdinary)
    {
        var level = isOrdinary || e.Message == _told ? LogLevel.Debug : LogLevel.Warning;
        InformerLog.Interrupted(log, level, resource, e.Message);
        if (!isOrdinary)
            _told = e.Message;
    }
}

internal static partial class InformerLog
{
    [LoggerMessage(Message = "watch of {Resource} interrupted, trying again: {Reason}")]
    public static partial void Interrupted(ILogger log, LogLevel level, string resource, string reason);
}
