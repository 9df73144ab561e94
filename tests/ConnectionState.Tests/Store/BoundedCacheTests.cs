using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Store;

/// <summary>A cache with a maximum size keeps what is in use.</summary>
public sealed class BoundedCacheTests
{
    private readonly BoundedCache<string> cache = new(capacity: 10);

    [Fact]
    public void A_full_cache_removes_the_oldest_value()
    {
        cache.Set("a", "A", 5);
        cache.Set("b", "B", 5);

        cache.Set("c", "C", 1);

        Assert.Equal([null, "B", "C"], Values("a", "b", "c"));
    }

    [Fact]
    public void A_value_that_was_used_is_kept_once()
    {
        cache.Set("a", "A", 5);
        cache.Set("b", "B", 5);
        Assert.Equal("A", cache.Find("a"));

        cache.Set("c", "C", 5);

        Assert.Equal(["A", null, "C"], Values("a", "b", "c"));
    }

    [Fact]
    public void The_oldest_value_goes_if_all_are_in_use()
    {
        cache.Set("a", "A", 5);
        cache.Set("b", "B", 5);
        Assert.Equal(["A", "B"], Values("a", "b"));

        cache.Set("c", "C", 5);

        Assert.Equal([null, "B", "C"], Values("a", "b", "c"));
    }

    [Fact]
    public void A_value_that_was_not_used_again_goes_next()
    {
        cache.Set("a", "A", 5);
        cache.Set("b", "B", 5);
        cache.Find("a");
        cache.Set("c", "C", 5);

        cache.Set("d", "D", 5);

        Assert.Equal([null, "C", "D"], Values("a", "c", "d"));
    }

    [Fact]
    public void A_value_that_replaces_a_used_one_is_used()
    {
        cache.Set("a", "A", 4);
        cache.Find("a");
        cache.Set("a", "A2", 4);
        cache.Set("b", "B", 4);

        cache.Set("c", "C", 4);

        Assert.Equal(["A2", null, "C"], Values("a", "b", "c"));
    }

    [Fact]
    public void A_value_that_was_replaced_and_peeked_at_alone_is_not_used()
    {
        cache.Set("a", "A", 4);
        cache.Set("a", "A2", 4);
        Assert.Equal("A2", cache.Peek("a"));
        cache.Set("b", "B", 4);

        cache.Set("c", "C", 4);

        Assert.Equal([null, "B", "C"], Values("a", "b", "c"));
    }

    [Fact]
    public void A_call_ends_when_all_of_many_values_are_in_use()
    {
        var many = new BoundedCache<string>(capacity: 100);
        for (var n = 0; n < 100; n++)
        {
            many.Set($"{n}", "V", 1);
            many.Find($"{n}");
        }

        many.Set("new", "N", 1);

        // 16 second chances: the values 0 to 15 are the newest now, and the 17th was removed.
        Assert.Null(many.Find("16"));
        Assert.Equal(100, Enumerable.Range(0, 100).Select(n => $"{n}").Append("new").Count(key => many.Find(key) is not null));
    }

    [Fact]
    public void Set_replaces_the_value_and_its_size()
    {
        cache.Set("a", "A", 5);
        cache.Set("b", "B", 5);

        cache.Set("a", "A2", 2);
        cache.Set("c", "C", 3);
        Assert.Equal(["A2", "B", "C"], Values("a", "b", "c"));

        cache.Set("c", "C2", 8);
        Assert.Equal(["A2", null, "C2"], Values("a", "b", "c"));
    }

    [Fact]
    public void A_value_that_is_too_large_removes_the_previous_one_and_no_other()
    {
        cache.Set("a", "A", 5);
        cache.Set("b", "B", 5);

        cache.Set("a", "A2", 11);

        Assert.Equal([null, "B"], Values("a", "b"));
    }

    [Fact]
    public void Removed_values_make_room()
    {
        cache.Set("a", "A", 5);
        cache.Set("b", "B", 5);

        cache.Remove("a");
        cache.Remove("a");
        cache.Set("c", "C", 5);
        Assert.Equal([null, "B", "C"], Values("a", "b", "c"));

        cache.Clear();
        cache.Set("d", "D", 10);
        Assert.Equal([null, null, "D"], Values("b", "c", "d"));
    }

    [Fact]
    public void A_cache_without_capacity_holds_nothing()
    {
        var none = new BoundedCache<string>(capacity: 0);

        none.Set("a", "A", 1);

        Assert.Null(none.Find("a"));
    }

    [Fact]
    public void Calls_of_many_threads_keep_the_size()
    {
        Parallel.For(0, 100_000, n =>
        {
            var key = $"{n % 37}";
            switch (n % 8)
            {
                case 0:
                    cache.Remove(key);
                    break;
                case 1 or 2:
                    Assert.True(cache.Find(key) is not { } found || found == key);
                    break;
                case 3 when n % 1_000 == 3:
                    cache.Clear();
                    break;
                default:
                    cache.Set(key, key, 1 + (n % 3));
                    break;
            }
        });

        // Of values of equal size, exactly as many fit as before: none is counted that is gone.
        var keys = Enumerable.Range(0, 37).Select(n => $"{n}").ToArray();
        Array.ForEach(keys, key => cache.Set(key, key, 1));
        Assert.Equal(10, keys.Count(key => cache.Find(key) is not null));
    }

    private IEnumerable<string?> Values(params string[] keys) => keys.Select(cache.Find);
}
