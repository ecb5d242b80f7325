using Viaduct.Kube.Objects;
using Viaduct.Kube.Selectors;

namespace Viaduct.Tests.Kube;

public class SelectorTests
{
    private static readonly Dictionary<string, string> s_labels = new() { ["app"] = "web", ["tier"] = "front", ["n"] = "5", ["empty"] = "" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData(" app = web , tier != back ", true)]
    [InlineData("app!=web", false)]
    [InlineData("gone!=web", true)]
    [InlineData("app", true)]
    [InlineData("gone", false)]
    [InlineData("!gone", true)]
    [InlineData("! app", false)]
    [InlineData("app in (web, db)", true)]
    [InlineData("app in (db)", false)]
    [InlineData("app notin (db)", true)]
    [InlineData("gone notin (db)", true)]
    [InlineData("app notin (web),tier=front", false)]
    [InlineData("empty=", true)]
    [InlineData("app=", false)]
    [InlineData("n>4", true)]
    [InlineData("n<5", false)]
    [InlineData("app>4", false)]
    public void Label_selectors_match_as_kubectl_means_them(string text, bool matches) =>
        Assert.Equal(matches, SelectorParser.ParseLabels(text).Matches(s_labels));

    [Theory]
    [InlineData("app=web,")]
    [InlineData("=web")]
    [InlineData("app in web")]
    [InlineData("app in (web")]
    [InlineData("app web")]
    [InlineData("n>x")]
    [InlineData("a=b=c")]
    public void A_malformed_label_selector_is_refused(string text) =>
        Assert.StartsWith("unable to parse requirement", Assert.Throws<FormatException>(() => SelectorParser.ParseLabels(text)).Message);

    [Theory]
    [InlineData("metadata.name=x", true)]
    [InlineData("metadata.name==x,spec.nodeName=", true)]
    [InlineData("metadata.name!=x", false)]
    [InlineData("status.phase!=Failed,status.phase!=Succeeded", true)]
    [InlineData(@"odd=a\,b\=c\\d", true)]
    public void Field_selectors_match_values(string text, bool matches) =>
        Assert.Equal(matches, SelectorParser.ParseFields(text).Matches(f => f switch { "metadata.name" => "x", "odd" => @"a,b=c\d", _ => null }));

    [Theory]
    [InlineData("metadata.name")]
    [InlineData("a=b=c")]
    [InlineData(@"a=\x")]
    public void A_malformed_field_selector_is_refused(string text) =>
        Assert.StartsWith("invalid field selector", Assert.Throws<FormatException>(() => SelectorParser.ParseFields(text)).Message);

    [Fact]
    public void No_typed_selector_selects_nothing_and_an_empty_one_everything()
    {
        Assert.False(LabelSelectors.Matches((LabelSelector?)null, s_labels));
        Assert.True(LabelSelectors.Matches(new LabelSelector(), s_labels));
        Assert.True(LabelSelectors.Matches(new LabelSelector(), null));
    }

    [Fact]
    public void Typed_expressions_and_labels_must_all_hold()
    {
        var selector = new LabelSelector
        {
            MatchLabels = new Dictionary<string, string> { ["app"] = "web" },
            MatchExpressions = [new() { Key = "tier", Operator = "NotIn", Values = ["back"] }, new() { Key = "gone", Operator = "DoesNotExist" }],
        };
        Assert.True(LabelSelectors.Matches(selector, s_labels));
        Assert.False(LabelSelectors.Matches(selector, new Dictionary<string, string> { ["app"] = "web", ["gone"] = "1" }));
    }
}
