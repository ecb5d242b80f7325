using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Reports;

/// <summary>Words of the reports themselves.</summary>
internal static class Words
{
    /// <summary>The head of what is made before the first step.</summary>
    public static LocalizedText Preparation { get; } = new("Before the first step: the hosts, their settings, and what was typed on them", "第一步之前：各主机、它们的设置，以及在它们上面输入的命令");

    public static LocalizedText EachHost { get; } = new(
        "Each host is a network namespace with these settings; HOST$ is a shell in it (ip netns exec HOST bash).", "每个主机是一个网络命名空间，带有以下设置；“主机$”表示其中的 shell（ip netns exec 主机 bash）。");

    /// <summary>Makes the hosts; typed on the machine itself.</summary>
    public static string HostsCommand(Preparation preparation) =>
        $"for host in {string.Join(' ', preparation.Hosts)}; do ip netns add $host; ip -n $host link set lo up; ip netns exec $host {preparation.Settings}; done";

    public static LocalizedText OtherCommands(int count) => new($"... and {count} commands more, which -o markdown shows.", $"……以及另外 {count} 条命令，用 -o markdown 查看。");

    public static IReadOnlyList<string> Disagreement(DisagreementLine said, Language language) =>
    [
        $"{new LocalizedText("It is told: ", "通常的说法：").In(language)}{said.Told.In(language)}",
        $"{new LocalizedText("The kernel: ", "内核的行为：").In(language)}{said.Kernel.In(language)}",
        $"{new LocalizedText("Why: ", "原因：").In(language)}{said.Reason.In(language)}",
    ];

    public static string MeasuredOn(string machine, Language language) => language == Language.Chinese ? $"测量环境：{machine}" : $"Measured on {machine}";

    /// <summary>A table of strings: heads, then rows.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Table(MeasurementLine measured, Language language) =>
        [[.. measured.Columns.Select(c => c.In(language))], .. measured.Rows.Select(r => (IReadOnlyList<string>)[r.What.In(language), .. r.Values])];
}
