package dev.muster.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// A view is checked before Muster starts: each fault is told by its path.
class ViewRulesTest {

    private static List<String> faults(String views) {
        return ConfigurationCheck.faults(Environments.withYaml("""
                        muster:
                          services:
                            catalogue: {base-url: "http://catalogue:8080"}
                            claims: {hosts: ["a.example"]}
                          views:
                        """ + views.indent(4))).stream()
                .map(fault -> fault.property() + " " + fault.rule())
                .toList();
    }

    @Test
    void aViewMayBeAnythingThatABatchMayBe() {
        assertThat(faults("""
                product-page:
                  description: What the product page shows.
                  parameters:
                    item: {type: integer, minimum: 1, maximum: 9}
                    localeName: {pattern: "[a-z]{2}", default: en, max-length: 2, enum: [en, de]}
                    tags: {list: true, default: '["a"]'}
                  batch:
                    timeout: 300ms
                    strategy: as-completed
                    onFailure: fail
                    minSuccess: 2
                    requests:
                      - {id: item, service: catalogue, path: "/items/{item}", required: true, redirects: 1}
                      - {service: catalogue, path: "/x?l={localeName}&n={item#/body/name}", headers: {X-Lang: "{localeName}"}}
                      - {service: catalogue, path: /y, body: {tags: "{tags}", deep: [{n: 1.5, "[a.b]": "{{}}"}]}}
                      - "http://a.example/{item}"
                """)).isEmpty();
    }

    @Test
    void everyFaultHasItsPath() {
        assertThat(faults("""
                page:
                  parameter: {a: {}}
                  parameters:
                    a: {type: integer, pattern: x, minimum: 2, maximum: 1, default: z}
                    b: {pattern: "[", enum: [a], max-length: 0, defalt: x}
                    c: {list: true, default: x}
                  batch:
                    timeout: soon
                    request: []
                    requests:
                      - {service: catalogue, path: "/items/{item}"}
                      - {service: claims, path: "/{a", headers: {x-a: "{none#/body}"}}
                      - {service: catalogue, path: "/", body: {deep: [{n: "{d}"}]}, retries: 3}
                      - {service: catalogue, path: "/{c}", required: yes it is}
                empty: {}
                """))
                .contains(
                        "muster.views.page.parameters.a.pattern is for a string",
                        "muster.views.page.parameters.a.minimum must be at most the maximum",
                        "muster.views.page.parameters.b.max-length must be from 1 to 8192",
                        "muster.views.page.parameters.c.default must be a list, in JSON",
                        "muster.views.page.batch.timeout must be a positive duration such as 250ms, 2s or PT0.25S",
                        "muster.views.page.batch.request unknown field",
                        "muster.views.page.batch.requests[0].path {item} names no parameter of the view",
                        "muster.views.page.batch.requests[1].service is not a configured service",
                        "muster.views.page.batch.requests[1].headers.x-a needs call none, which this batch does not have",
                        "muster.views.page.batch.requests[2].body.deep[0].n {d} names no parameter of the view",
                        "muster.views.page.batch.requests[2].retries unknown field",
                        "muster.views.page.batch.requests[3].required must be true or false",
                        "muster.views.empty.batch.requests is required")
                .anyMatch(fault -> fault.startsWith("muster.views.page.parameters.b.pattern is no regular expression"))
                .anyMatch(fault -> fault.startsWith("muster.views.page.parameters.a.default"))
                .anyMatch(fault -> fault.contains("did you mean muster.views.page.parameters.b.default?"))
                .anyMatch(fault -> fault.contains("did you mean muster.views.page.parameters"));
    }

    @Test
    void aListCanOnlyBeAllOfAString() {
        assertThat(faults("""
                page:
                  parameters:
                    c: {list: true}
                  batch:
                    requests:
                      - {service: catalogue, path: "/{c}"}
                """))
                .containsExactly(
                        "muster.views.page.batch.requests[0] {c} is a list: it can only be all of a string of body");
    }
}
