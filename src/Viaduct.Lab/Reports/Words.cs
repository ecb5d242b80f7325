using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Reports;

/// <summary>Words of the reports themselves.</summary>
internal static class Words
{
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
