namespace Viaduct.Cluster.Checks;

/// <summary>How one probe went.</summary>
public enum CheckVerdict
{
    /// <summary>An answer came.</summary>
    Reached,

    /// <summary>Refused at once, and the Service has no endpoints: that is right.</summary>
    RefusedAsItShould,

    /// <summary>A UDP program of the user's did not answer; nothing refused it.</summary>
    Unanswered,

    /// <summary>Not what should be.</summary>
    Miss,
}

/// <summary>One probe and its outcome; <paramref name="Detail"/> says what was wrong, or who answered.</summary>
public sealed record CheckResult(CheckSource Source, CheckTarget Target, CheckVerdict Verdict, string Detail, double Milliseconds);

/// <summary>All results of a check.</summary>
public sealed record CheckReport(CheckPlan Plan, IReadOnlyList<CheckResult> Results)
{
    public int Misses => Results.Count(r => r.Verdict == CheckVerdict.Miss);

    /// <summary>Judges one raw outcome. Pure.</summary>
    /// <param name="target">What was tried.</param>
    /// <param name="answered">Whether the connection was made (TCP) or a reply came (UDP).</param>
    /// <param name="refused">Whether the peer refused.</param>
    public static CheckVerdict Judge(CheckTarget target, bool answered, bool refused)
    {
        if (target.Refused)
            return refused ? CheckVerdict.RefusedAsItShould : CheckVerdict.Miss;
        if (answered)
            return CheckVerdict.Reached;
        return target.Silent && !refused ? CheckVerdict.Unanswered : CheckVerdict.Miss;
    }
}
